UPDATE dayahead.traffic AS t SET {assignments}
FROM differing AS r
WHERE r.known AND t.site = r.site AND t.ts = r.ts AND t.ts BETWEEN %(first)s AND %(last)s;
