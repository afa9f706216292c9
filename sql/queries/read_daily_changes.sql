-- Mean absolute change from one day to the next: what MASE measures an error by.
SELECT a.site, avg(abs(a.throughput - b.throughput))
FROM dayahead.traffic AS a
INNER JOIN dayahead.traffic AS b ON b.site = a.site AND b.ts = a.ts - interval '24 hours'
WHERE
    a.site = ANY(%(sites)s::text[])
    AND a.ts >= %(since)s AND a.ts < %(until)s
    AND b.ts >= %(since)s::timestamptz - interval '24 hours' AND b.ts < %(until)s
GROUP BY a.site;
