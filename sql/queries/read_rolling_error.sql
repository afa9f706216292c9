-- The champion's pooled error over its last scored days, and over that of "as yesterday" on the same days.
SELECT
    count(DISTINCT s.target_day),
    sum(s.wape * s.actual_total) / nullif(sum(s.actual_total), 0),
    sum(s.wape * s.actual_total) FILTER (WHERE s.mase > 0)
    / nullif(sum(s.wape * s.actual_total / nullif(s.mase, 0)), 0)
FROM dayahead.scores AS s
WHERE
    s.role = 'champion' AND NOT s.in_sample AND s.model_version = :version
    AND s.target_day < :target_day AND s.target_day >= CAST(:target_day AS date) - CAST(:days AS integer);
