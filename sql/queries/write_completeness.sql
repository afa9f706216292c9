INSERT INTO dayahead.completeness AS old (target_day, site, expected, readings, last_reading)
SELECT target_day, site, expected, readings, last_reading FROM staged_completeness
ON CONFLICT (target_day, site) DO UPDATE SET
    expected = excluded.expected, readings = excluded.readings, last_reading = excluded.last_reading
WHERE (old.expected, old.readings, old.last_reading) IS DISTINCT FROM (excluded.expected, excluded.readings, excluded.last_reading);
