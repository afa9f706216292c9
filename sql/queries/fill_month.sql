INSERT INTO dayahead.{staged} (site, ts, {columns})
SELECT s.site, r.ts, {new_values}
FROM pg_temp.{month} AS r INNER JOIN staged_sites AS s ON s.site_code = r.site_code
ORDER BY s.site, r.ts;
