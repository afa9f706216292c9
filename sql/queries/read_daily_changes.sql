-- Mean absolute change from one day to the next: what MASE measures an error by. Also of readings under a name that the site had before, and
-- without what a person ignores.
WITH ignored AS MATERIALIZED (
    SELECT s.site, e.starts_at, e.ends_at
    FROM dayahead.events AS e
    INNER JOIN dayahead.sites AS s ON dayahead.is_meant(e.site, e.labels, s.site, s.country, s.labels)
    WHERE
        e.kind = 'ignore' AND e.known_from < :cutoff AND s.site = ANY(CAST(:sites AS text[]))
        AND e.ends_at > CAST(:since AS timestamptz) - interval '24 hours' AND e.starts_at < :until
)

SELECT n.site, avg(abs(a.throughput - b.throughput))
FROM (
    SELECT w.site, w.site AS name FROM unnest(CAST(:sites AS text[])) AS w (site)
    UNION ALL
    SELECT l.site, l.alias FROM dayahead.site_aliases AS l WHERE l.site = ANY(CAST(:sites AS text[]))
) AS n
INNER JOIN dayahead.traffic AS a ON a.site = n.name
INNER JOIN dayahead.traffic AS b ON b.site = a.site AND b.ts = a.ts - interval '24 hours'
WHERE
    a.ts >= :since AND a.ts < :until
    AND b.ts >= CAST(:since AS timestamptz) - interval '24 hours' AND b.ts < :until
    AND NOT EXISTS (
        SELECT FROM ignored AS i
        WHERE i.site = n.site AND ((a.ts >= i.starts_at AND a.ts < i.ends_at) OR (b.ts >= i.starts_at AND b.ts < i.ends_at))
    )
GROUP BY n.site;
