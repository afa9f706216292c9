CREATE OR REPLACE VIEW dayahead.site_accuracy_30d AS
SELECT
    s.site,
    count(*) AS days,
    sum(s.wape * s.actual_total) / nullif(sum(s.actual_total), 0) AS wape,
    avg(s.mase) AS mase,
    sum(s.coverage80 * s.steps) / sum(s.steps) AS coverage80,
    sum(s.bias * s.actual_total) / nullif(sum(s.actual_total), 0) AS bias,
    max(s.target_day) AS last_day
FROM dayahead.scores AS s
WHERE s.role = 'champion' AND NOT s.in_sample AND s.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.scores AS m WHERE m.role = 'champion')
GROUP BY s.site;

COMMENT ON VIEW dayahead.site_accuracy_30d IS 'One row per site over the 30 days up to the last scored one: pooled WAPE, mean MASE, coverage, bias. Without days
that the version had learned from.';
