WITH gone AS (
    DELETE FROM staged_readings AS r
    USING unnest(CAST(:codes AS integer[]), CAST(:phases AS integer[])) AS off (site_code, phase)
    WHERE r.site_code = off.site_code AND r.phase = off.phase
    RETURNING r.*
)
SELECT s.site, g.* FROM gone AS g INNER JOIN staged_sites AS s ON s.site_code = g.site_code ORDER BY g.row_number;
