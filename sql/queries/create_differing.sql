-- The staged rows that would change something, in one pass: the ones that the table lacks, and the ones that it holds with other values.
CREATE TEMPORARY TABLE differing ON COMMIT DROP AS
SELECT s.site, r.ts, t.ts IS NOT NULL AS known, {new_values}
FROM staged_readings AS r
INNER JOIN staged_sites AS s ON s.site_code = r.site_code
LEFT JOIN dayahead.traffic AS t ON t.site = s.site AND t.ts = r.ts AND t.ts BETWEEN %(first)s AND %(last)s
WHERE t.ts IS NULL OR ({old_values}) IS DISTINCT FROM ({new_values});

ANALYZE differing;
