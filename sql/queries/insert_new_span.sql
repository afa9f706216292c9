INSERT INTO dayahead.traffic (site, ts, {columns})
SELECT s.site, r.ts, {new_values}
FROM staged_readings AS r INNER JOIN staged_sites AS s ON s.site_code = r.site_code
ORDER BY s.site, r.ts
ON CONFLICT (site, ts) DO NOTHING;
