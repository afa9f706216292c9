-- One site after the other through the index (site, ts), whatever the planner believes of a table that was filled a moment ago: hence
-- OFFSET 0. A name goes as its place, counted from 1; sites and their instants ascend.
COPY (
    SELECT wanted.place, t.ts, {values}
    FROM unnest(%(sites)s::text[]) WITH ORDINALITY AS wanted (site, place)
    CROSS JOIN LATERAL (
        SELECT * FROM dayahead.traffic AS r
        WHERE r.site = wanted.site AND r.ts >= %(since)s AND r.ts < %(cutoff)s
        ORDER BY r.ts OFFSET 0
    ) AS t
) TO STDOUT (FORMAT binary);
