SELECT r.fifth, r.site_days, r.said, r.came
FROM dayahead.risk_reliability_30d AS r
WHERE r.role = 'champion' AND r.site_days > 0
ORDER BY r.fifth;
