CREATE OR REPLACE VIEW dayahead.accuracy_by_hour AS
SELECT
    h.target_day, h.role,
    (lead.hour - 1)::integer AS hour,
    sum(lead.absolute::double precision) / nullif(sum(lead.actual::double precision), 0) AS wape,
    sum(lead.signed::double precision) / nullif(sum(lead.actual::double precision), 0) AS bias,
    sum(lead.inside80)::double precision / nullif(sum(lead.steps), 0) AS coverage80,
    sum(lead.steps) AS steps,
    sum(lead.actual::double precision) AS actual_total
FROM dayahead.scores_by_hour AS h
CROSS JOIN LATERAL unnest(h.steps, h.actual, h.absolute, h.signed, h.inside80) WITH ORDINALITY
AS lead (steps, actual, absolute, signed, inside80, hour)
WHERE NOT EXISTS (
    SELECT FROM dayahead.scores AS s WHERE s.target_day = h.target_day AND s.role = h.role AND s.site = h.site AND s.in_sample
)
GROUP BY h.target_day, h.role, lead.hour;

COMMENT ON VIEW dayahead.accuracy_by_hour IS
'One row per (target_day, role, hour of the target day from 0), the fleet pooled: accuracy by lead time. Name a span of days: it adds up every site.';
