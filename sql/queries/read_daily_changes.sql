-- Mean absolute change from one day to the next: what MASE measures an error by.
SELECT a.site, avg(abs(a.throughput - b.throughput))
FROM dayahead.traffic AS a
INNER JOIN dayahead.traffic AS b ON b.site = a.site AND b.ts = a.ts - interval '24 hours'
WHERE
    a.site = ANY(CAST(:sites AS text[]))
    AND a.ts >= :since AND a.ts < :until
    AND b.ts >= CAST(:since AS timestamptz) - interval '24 hours' AND b.ts < :until
GROUP BY a.site;
