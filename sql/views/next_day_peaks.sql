CREATE OR REPLACE VIEW dayahead.next_day_peaks AS
SELECT
    o.site, o.target_day, o.q05, o.q10, o.q25, o.q50, o.q75, o.q90, o.q95,
    date_trunc('day', o.peak_at, o.timezone) + make_interval(hours => h.number - 1) AS likely_hour,
    h.probability::double precision AS likely_hour_probability,
    o.capacity, o.risk,
    v.q05 AS volume_q05, v.q50 AS volume_q50, v.q95 AS volume_q95
FROM dayahead.site_outlook AS o
INNER JOIN dayahead.peaks AS p ON p.target_day = o.target_day AND p.role = 'champion' AND p.site = o.site
LEFT JOIN dayahead.volumes AS v ON v.target_day = o.target_day AND v.role = 'champion' AND v.site = o.site
LEFT JOIN LATERAL (
    SELECT u.number::integer AS number, u.probability
    FROM unnest(p.hour_probability) WITH ORDINALITY AS u (probability, number)
    ORDER BY u.probability DESC, u.number
    LIMIT 1
) AS h ON TRUE;

COMMENT ON VIEW dayahead.next_day_peaks IS
'One row per site of next_day: quantiles of the day''s largest reading, the hour in which it comes most likely and how likely that is, P(any
reading above the capacity), and the day''s volume in the unit of throughput times seconds.';
