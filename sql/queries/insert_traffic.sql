INSERT INTO dayahead.traffic (site, ts, {columns})
SELECT r.site, r.ts, {new_values} FROM differing AS r WHERE NOT r.known
ORDER BY r.site, r.ts
ON CONFLICT (site, ts) DO NOTHING;
