-- Site by site through the index (site, ts), whatever the planner believes of a table that was filled a moment ago: hence OFFSET 0.
COPY (
    SELECT (wanted.place - 1)::integer, t.ts, {values}
    FROM unnest(%(sites)s::text[]) WITH ORDINALITY AS wanted (site, place)
    CROSS JOIN LATERAL (
        SELECT * FROM dayahead.traffic AS r
        WHERE r.site = wanted.site AND r.ts BETWEEN %(first)s AND %(last)s
        ORDER BY r.ts OFFSET 0
    ) AS t
) TO STDOUT (FORMAT binary);
