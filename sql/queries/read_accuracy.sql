-- Accuracy by day and role, and as a role of its own what repeating yesterday costs.
WITH found AS (
    SELECT * FROM dayahead.accuracy_by_day
    WHERE target_day > CAST(:last_day AS date) - CAST(:days AS integer)
)
SELECT target_day, role, sites, wape, bias, mase, coverage50, coverage80, coverage90 FROM found
UNION ALL
SELECT target_day, 'naive', sites, wape / nullif(over_naive, 0), NULL, NULL, NULL, NULL, NULL FROM found
WHERE role = 'champion'
ORDER BY target_day, role;
