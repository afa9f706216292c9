-- Mean share of each expert in the champion's forecasts of the last :days days, 0 of one that had a share in twice as many days before.
WITH said AS (
    SELECT m.target_day, m.site, m.expert, m.share, m.target_day > CAST(:until AS date) - CAST(:days AS integer) AS recent
    FROM dayahead.mixture AS m
    WHERE m.role = 'champion' AND m.target_day <= :until AND m.target_day > CAST(:until AS date) - 3 * CAST(:days AS integer)
), counted AS (
    SELECT count(DISTINCT (target_day, site)) AS rows, count(DISTINCT target_day) AS days FROM said WHERE recent
)
SELECT s.expert, coalesce(sum(s.share) FILTER (WHERE s.recent), 0) / c.rows
FROM said AS s CROSS JOIN counted AS c
WHERE c.days = :days
GROUP BY s.expert, c.rows
ORDER BY s.expert;
