-- Readings stamped more than an hour after the database's own clock: they cannot have been measured yet.
SELECT t.site::text AS site, t.ts, t.throughput
FROM dayahead.traffic AS t
WHERE t.ts > now() + interval '1 hour'
ORDER BY t.ts, t.site
LIMIT :limit;
