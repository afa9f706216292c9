-- Mean absolute change from one day to the next: what MASE measures an error by. Also of readings under a name that the site had before.
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
GROUP BY n.site;
