-- Of rows with the same site and ts the first is kept; one that says something else is handed back.
WITH repeated AS (
    SELECT r.site_code, r.ts, min(r.row_number) AS first_row FROM staged_readings AS r
    GROUP BY r.site_code, r.ts
    HAVING count(*) > 1
),
gone AS (
    DELETE FROM staged_readings AS r
    USING repeated AS d, staged_readings AS f
    WHERE
        r.site_code = d.site_code AND r.ts = d.ts AND r.row_number > d.first_row
        AND f.site_code = d.site_code AND f.ts = d.ts AND f.row_number = d.first_row
    RETURNING r.*, (r.throughput <> f.throughput) AS differs
)
SELECT s.site, g.*
FROM gone AS g INNER JOIN staged_sites AS s ON s.site_code = g.site_code
WHERE g.differs
ORDER BY g.row_number;
