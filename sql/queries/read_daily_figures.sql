-- Every figure of monitoring by day, in the names that MLflow shows: what MLflow is brought up to.
SELECT a.target_day, prefix.of_role || figure.name, figure.value
FROM dayahead.accuracy_by_day AS a
CROSS JOIN LATERAL (SELECT CASE a.role WHEN 'champion' THEN '' ELSE a.role || '/' END) AS prefix (of_role)
CROSS JOIN LATERAL (
    VALUES
    ('wape', a.wape), ('mase', a.mase), ('over_naive', a.over_naive), ('bias', a.bias), ('coverage50', a.coverage50),
    ('coverage80', a.coverage80), ('coverage90', a.coverage90), ('sites', a.sites)
) AS figure (name, value)
WHERE a.target_day >= :since AND a.target_day <= :until AND figure.value IS NOT NULL
UNION ALL
SELECT h.target_day, 'wape_by_lead/' || lpad((h.hour / 6 * 6)::text, 2, '0') || 'h', sum(h.wape * h.actual_total) / sum(h.actual_total)
FROM dayahead.accuracy_by_hour AS h
WHERE h.role = 'champion' AND h.target_day >= :since AND h.target_day <= :until AND h.hour < 24 AND h.wape IS NOT NULL
GROUP BY h.target_day, h.hour / 6
UNION ALL
SELECT -- MLflow takes letters, digits and few signs in the name of a metric
    d.target_day, 'drift/' || CASE d.site_group WHEN '' THEN '' ELSE regexp_replace(d.site_group, '[^\w.-]', '_', 'g') || '/' END || d.feature,
    d.psi
FROM dayahead.drift AS d
WHERE d.target_day >= :since AND d.target_day <= :until
UNION ALL
SELECT c.target_day, 'completeness', sum(c.readings)::double precision / sum(c.expected)
FROM dayahead.completeness AS c
WHERE c.target_day >= :since AND c.target_day <= :until
GROUP BY c.target_day
UNION ALL
SELECT m.target_day, 'share/' || m.expert, sum(m.share) / max(day.sites)
FROM dayahead.mixture AS m
INNER JOIN (
    SELECT e.target_day, count(DISTINCT e.site) AS sites FROM dayahead.mixture AS e
    WHERE e.role = 'champion' AND e.target_day >= :since AND e.target_day <= :until GROUP BY e.target_day
) AS day ON day.target_day = m.target_day
WHERE m.role = 'champion'
GROUP BY m.target_day, m.expert
UNION ALL
SELECT c.target_day, 'anomalies', count(n.site)
FROM (SELECT DISTINCT e.target_day FROM dayahead.completeness AS e) AS c
LEFT JOIN dayahead.anomalies AS n ON n.target_day = c.target_day
WHERE c.target_day >= :since AND c.target_day <= :until
GROUP BY c.target_day
ORDER BY 1, 2;
