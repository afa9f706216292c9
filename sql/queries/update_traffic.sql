UPDATE dayahead.traffic AS t SET {assignments}
FROM staged_readings AS r INNER JOIN staged_sites AS s ON s.site_code = r.site_code
WHERE
    t.site = s.site AND t.ts = r.ts AND t.ts BETWEEN %(first)s AND %(last)s
    AND ({old_values}) IS DISTINCT FROM ({new_values});
