SELECT target_day, role, sites, wape, bias, mase, coverage50, coverage80, coverage90 FROM dayahead.accuracy_by_day
WHERE target_day > CAST(:last_day AS date) - CAST(:days AS integer)
ORDER BY target_day, role;
