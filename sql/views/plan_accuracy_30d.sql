CREATE OR REPLACE VIEW dayahead.plan_accuracy_30d AS
SELECT
    p.role, p.quantity,
    count(*) AS days,
    sum(p.counted) AS counted,
    sum(p.loss) / nullif(sum(p.actual), 0) AS pinball,
    sum(p.below50) / nullif(sum(p.counted), 0)::double precision AS below50,
    sum(p.inside80) / nullif(sum(p.counted), 0)::double precision AS coverage80,
    sum(p.brier) / nullif(sum(p.counted), 0) AS brier
FROM dayahead.plan_scores AS p
WHERE
    p.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.plan_scores AS m)
    AND NOT EXISTS (SELECT FROM dayahead.scores AS s WHERE s.target_day = p.target_day AND s.role = p.role AND s.in_sample)
GROUP BY p.role, p.quantity;

COMMENT ON VIEW dayahead.plan_accuracy_30d IS
'One row per (role, quantity) over the 30 days up to the last one: pinball loss over the actual, how often the actual came at or below the
median (.5 is right) and inside the 80 % interval, and of risk the Brier score. Without days that the version had learned from.';
