SELECT d.day::date
FROM dayahead.publications AS p CROSS JOIN LATERAL generate_series(p.first_day, p.last_day, '1 day') AS d (day)
WHERE p.role = :role AND p.cutoff = :cutoff;
