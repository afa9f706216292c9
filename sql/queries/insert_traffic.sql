INSERT INTO dayahead.traffic (site, ts, {columns})
SELECT s.site, r.ts, {new_values}
FROM staged_readings AS r INNER JOIN staged_sites AS s ON s.site_code = r.site_code
WHERE NOT EXISTS (SELECT FROM dayahead.traffic AS t WHERE t.site = s.site AND t.ts = r.ts AND t.ts BETWEEN %(first)s AND %(last)s)
ORDER BY s.site, r.ts
ON CONFLICT (site, ts) DO NOTHING;
