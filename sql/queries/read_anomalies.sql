-- The farthest anomaly of each site on a day, five of them, with how many sites had one and how many were watched.
SELECT w.site, w.starts_at, w.direction, w.steps, w.actual, w.expected, count(*) OVER () AS sites, c.watched
FROM (
    SELECT DISTINCT ON (a.site) a.*
    FROM dayahead.anomalies AS a
    WHERE a.target_day = :target_day
    ORDER BY a.site, a.excess * a.steps DESC
) AS w
CROSS JOIN (SELECT count(*) AS watched FROM dayahead.completeness AS d WHERE d.target_day = :target_day AND d.readings > 0) AS c
ORDER BY w.excess * w.steps / nullif(w.expected, 0) DESC NULLS LAST, w.site
LIMIT 5;
