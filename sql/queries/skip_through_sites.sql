-- The distinct sites of a span, from one to the next through the index (site, ts): a thousand steps instead of millions of rows.
WITH RECURSIVE found AS (
    (SELECT t.site FROM dayahead.traffic AS t WHERE t.ts >= :since AND t.ts < :cutoff ORDER BY t.site LIMIT 1)
    UNION ALL
    SELECT (
        SELECT t.site FROM dayahead.traffic AS t
        WHERE t.site > f.site AND t.ts >= :since AND t.ts < :cutoff
        ORDER BY t.site LIMIT 1
    )
    FROM found AS f
    WHERE f.site IS NOT NULL
)
SELECT f.site FROM found AS f WHERE f.site IS NOT NULL;
