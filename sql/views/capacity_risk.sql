CREATE OR REPLACE VIEW dayahead.capacity_risk AS
SELECT
    r.site, r.target_day,
    r.starts_at + make_interval(hours => (h.number - 1)::integer) AS hour,
    r.capacity,
    h.median / r.capacity AS median_share,
    h.high / r.capacity AS q95_share,
    h.probability::double precision AS probability,
    h.minutes::double precision AS minutes_above,
    r.day AS day_probability
FROM dayahead.risks AS r
INNER JOIN dayahead.site_outlook AS o ON o.site = r.site AND o.target_day = r.target_day
CROSS JOIN LATERAL unnest(r.hours, r.minutes, r.hour_q50, r.hour_q95) WITH ORDINALITY AS h (probability, minutes, median, high, number)
WHERE r.role = 'champion';

COMMENT ON VIEW dayahead.capacity_risk IS
'One row per (site, hour since its day began) of next_day for sites with a capacity when it was forecast. probability: P(any reading of the
hour above the capacity); minutes_above: expected minutes of the hour above it; day_probability: P(any reading of the day above it), the
same for all its hours; median_share, q95_share: quantiles of the hour''s largest reading over the capacity.';
