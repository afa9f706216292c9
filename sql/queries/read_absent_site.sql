SELECT
    a.*, CAST(a.last_reading AT TIME ZONE a.timezone AS date) AS target_day,
    a.last_reading - make_interval(days => CAST(:days AS integer)) AS since,
    a.last_reading + INTERVAL '1 hour' AS until
FROM dayahead.absent_sites AS a
WHERE a.site = :site AND a.last_reading IS NOT NULL;
