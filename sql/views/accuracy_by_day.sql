CREATE OR REPLACE VIEW dayahead.accuracy_by_day AS
SELECT
    s.target_day, s.role,
    count(*) AS sites,
    sum(s.wape * s.actual_total) / nullif(sum(s.actual_total), 0) AS wape,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY s.mase) AS mase,
    sum(s.wape * s.actual_total) / nullif(sum(s.wape * s.actual_total / nullif(s.mase, 0)), 0) AS over_naive,
    sum(s.coverage50 * s.steps) / sum(s.steps) AS coverage50,
    sum(s.coverage80 * s.steps) / sum(s.steps) AS coverage80,
    sum(s.coverage90 * s.steps) / sum(s.steps) AS coverage90,
    sum(s.bias * s.actual_total) / nullif(sum(s.actual_total), 0) AS bias,
    sum(s.wape_seasonal_naive_day * naive.actual) / nullif(sum(naive.actual), 0) AS wape_seasonal_naive_day,
    sum(s.wape_seasonal_naive_week * naive.actual) / nullif(sum(naive.actual), 0) AS wape_seasonal_naive_week,
    sum(s.wape_seasonal_naive_mean * naive.actual) / nullif(sum(naive.actual), 0) AS wape_seasonal_naive_mean,
    sum(s.wape_frozen * s.actual_total) / nullif(sum(s.actual_total) FILTER (WHERE s.wape_frozen IS NOT NULL), 0) AS wape_frozen
FROM dayahead.scores AS s
CROSS JOIN LATERAL (SELECT CASE WHEN s.wape_seasonal_naive_day IS NOT NULL THEN s.actual_total END AS actual) AS naive
WHERE NOT s.in_sample
GROUP BY s.target_day, s.role;

COMMENT ON VIEW dayahead.accuracy_by_day IS
'One row per (target_day, role), the fleet pooled: WAPE, bias, coverage; mase is the median over sites; over_naive the error over that of
"as yesterday" (1 is as bad); wape_seasonal_naive_… what each naive rule costs on the champion''s steps, from readings before its cutoff;
wape_frozen what the champion would have cost had it learnt nothing since its training. Without days that the version had learned from.';
