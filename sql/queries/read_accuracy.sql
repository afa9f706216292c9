-- Accuracy by day and role; as roles of their own the naive rule that errs least in these days, and the champion without daily learning.
WITH found AS (
    SELECT * FROM dayahead.accuracy_by_day
    WHERE target_day > CAST(:last_day AS date) - CAST(:days AS integer)
),

naive AS (
    SELECT f.target_day, f.sites, rule.name, rule.wape, avg(rule.wape) OVER (PARTITION BY rule.name) AS mean
    FROM found AS f
    CROSS JOIN LATERAL (
        VALUES
        ('seasonal_naive_day', f.wape_seasonal_naive_day),
        ('seasonal_naive_week', f.wape_seasonal_naive_week),
        ('seasonal_naive_mean', f.wape_seasonal_naive_mean)
    ) AS rule (name, wape)
    WHERE f.role = 'champion' AND rule.wape IS NOT NULL
)

SELECT target_day, role, sites, wape, bias, mase, coverage50, coverage80, coverage90 FROM found
UNION ALL
SELECT target_day, name, sites, wape, NULL, NULL, NULL, NULL, NULL FROM naive
WHERE name = (SELECT best.name FROM naive AS best ORDER BY best.mean, best.name LIMIT 1)
UNION ALL
SELECT target_day, 'frozen', sites, wape_frozen, NULL, NULL, NULL, NULL, NULL FROM found
WHERE role = 'champion' AND wape_frozen IS NOT NULL
ORDER BY target_day, role;
