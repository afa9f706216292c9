CREATE OR REPLACE VIEW dayahead.risk_reliability_30d AS
SELECT
    p.role, b.fifth,
    sum(b.counted)::bigint AS site_days,
    (sum(b.said) / nullif(sum(b.counted), 0))::double precision AS said,
    (sum(b.came) / nullif(sum(b.counted), 0))::double precision AS came
FROM dayahead.plan_scores AS p
CROSS JOIN LATERAL unnest(p.bin_counted::double precision[], p.bin_said::double precision[], p.bin_came::double precision[]) WITH ORDINALITY AS b (counted, said, came, fifth)
WHERE
    p.quantity = 'risk'
    AND p.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.plan_scores AS m)
    AND NOT EXISTS (SELECT FROM dayahead.scores AS s WHERE s.target_day = p.target_day AND s.role = p.role AND s.in_sample)
GROUP BY p.role, b.fifth;

COMMENT ON VIEW dayahead.risk_reliability_30d IS
'One row per (role, fifth of the risk): on how many days of sites a risk between 0 and .2 … .8 and 1 was said, its mean, and how often a
reading above the capacity came. Where said and came agree, the risk can be taken at its word.';
