SELECT l.key, l.value, l.sites
FROM (
    SELECT e.key, e.value, count(*) AS sites, count(*) OVER (PARTITION BY e.key) AS alternatives
    FROM dayahead.site_outlook AS o
    CROSS JOIN LATERAL jsonb_each_text(o.labels) AS e
    GROUP BY e.key, e.value
) AS l
WHERE l.alternatives <= :alternatives
ORDER BY l.key, l.value;
