-- The views on monitoring, replaced by every migration like those of views.sql.
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
    sum(s.bias * s.actual_total) / nullif(sum(s.actual_total), 0) AS bias
FROM dayahead.scores AS s
GROUP BY s.target_day, s.role;

COMMENT ON VIEW dayahead.accuracy_by_day IS
'One row per (target_day, role), the fleet pooled: WAPE, bias, coverage; mase is the median over sites; over_naive the error over that of
"as yesterday" (1 is as bad).';

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
GROUP BY h.target_day, h.role, lead.hour;

COMMENT ON VIEW dayahead.accuracy_by_hour IS
'One row per (target_day, role, hour of the target day from 0), the fleet pooled: accuracy by lead time. Name a span of days: it adds up every site.';

CREATE OR REPLACE VIEW dayahead.recent_anomalies AS
SELECT
    a.site,
    min(a.starts_at) AS starts_at,
    max(a.ends_at) AS ends_at,
    a.direction,
    sum(a.steps) AS steps,
    sum(a.actual * a.steps) / sum(a.steps) AS actual,
    sum(a.expected * a.steps) / sum(a.steps) AS expected,
    sum(a.excess * a.steps) / sum(a.steps) AS excess,
    min(a.target_day) AS first_day,
    max(a.target_day) AS last_day
FROM (
    SELECT *, sum(begins) OVER (PARTITION BY site, direction ORDER BY starts_at) AS episode
    FROM (
        SELECT
            d.*,
            (d.starts_at - lag(d.ends_at) OVER pieces > (d.ends_at - d.starts_at) / greatest(d.steps - 1, 1)) IS NOT FALSE AS is_first
        FROM dayahead.anomalies AS d
        WHERE d.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.completeness AS m)
        WINDOW pieces AS (PARTITION BY d.site, d.direction ORDER BY d.starts_at)
    ) AS p
    CROSS JOIN LATERAL (SELECT p.is_first::integer AS begins) AS flag
) AS a
GROUP BY a.site, a.direction, a.episode;

COMMENT ON VIEW dayahead.recent_anomalies IS
'One row per stretch outside the band in the last 30 days; pieces that meet at midnight are one stretch. Means over its readings.';

CREATE OR REPLACE VIEW dayahead.data_freshness AS
SELECT
    s.site,
    c.last_reading,
    extract(EPOCH FROM n.until - c.last_reading) / 3600 AS hours_silent,
    c.completeness_7d,
    c.last_day
FROM dayahead.sites AS s
CROSS JOIN (SELECT max(d.last_reading) AS until, max(d.target_day) AS last_day FROM dayahead.completeness AS d) AS n
LEFT JOIN LATERAL (
    SELECT
        max(d.last_reading) AS last_reading,
        max(d.target_day) AS last_day,
        sum(d.readings) FILTER (WHERE d.target_day > n.last_day - 7)::double precision
        / nullif(sum(d.expected) FILTER (WHERE d.target_day > n.last_day - 7), 0) AS completeness_7d
    FROM dayahead.completeness AS d
    WHERE d.site = s.site
) AS c ON TRUE;

COMMENT ON VIEW dayahead.data_freshness IS
'One row per site, as of the last day monitored: its last reading, how much later the fleet''s last one is, the share of the last seven
days that arrived. Empty for a site that never got a forecast.';

CREATE OR REPLACE VIEW dayahead.forecast_days AS
SELECT
    f.target_day, f.site,
    count(*) AS steps,
    round(
        extract(EPOCH FROM (f.target_day + 1)::timestamp AT TIME ZONE s.timezone - f.target_day::timestamp AT TIME ZONE s.timezone)
        / extract(EPOCH FROM min(f.gap))
    ) AS expected_steps,
    bool_and(f.q05 > '-Infinity' AND f.q95 < 'Infinity') AS finite,
    max(f.degradation) AS degradation,
    max(f.model_version) AS model_version,
    max(f.cutoff) AS cutoff,
    max(f.published_at) AS published_at
FROM (
    SELECT d.*, d.ts - lag(d.ts) OVER (PARTITION BY d.target_day, d.site ORDER BY d.ts) AS gap
    FROM dayahead.forecasts AS d
    WHERE d.role = 'champion'
) AS f
LEFT JOIN dayahead.sites AS s ON s.site = f.site
GROUP BY f.target_day, f.site, s.timezone;

COMMENT ON VIEW dayahead.forecast_days IS
'One row per (target_day, site) of the champion''s forecasts: whole where steps = expected_steps (23, 24 or 25 hours), from which rung and
version, published when. Name a target_day: it reads every row of the days asked for.';
