-- The views for people, replaced by every migration: so they read whatever stands under the name dayahead.traffic by then.
CREATE OR REPLACE VIEW dayahead.next_day AS
SELECT f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, f.target_day, f.model_version, f.degradation, f.published_at
FROM dayahead.forecasts AS f
WHERE
    f.role = 'champion'
    AND f.target_day >= (SELECT max(d.target_day) - 1 FROM dayahead.forecasts AS d WHERE d.role = 'champion')
    AND NOT EXISTS (
        SELECT FROM dayahead.forecasts AS later
        WHERE later.target_day = f.target_day + 1 AND later.role = 'champion' AND later.site = f.site
    );

COMMENT ON VIEW dayahead.next_day IS
'One row per (site, ts) of the latest day that the champion forecast for the site; zones apart by a day stand side by side, a site that got
no forecast lately is absent.';

CREATE OR REPLACE VIEW dayahead.forecast_vs_actual AS
SELECT
    f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, t.throughput::double precision AS actual,
    t.throughput::double precision - f.q50 AS error,
    f.target_day, f.model_version, f.degradation
FROM dayahead.forecasts AS f
LEFT JOIN dayahead.traffic AS t ON t.site = f.site AND t.ts = f.ts
WHERE f.role = 'champion';

COMMENT ON VIEW dayahead.forecast_vs_actual IS 'One row per forecast (target_day, site, ts) of the champion; actual is NULL until the reading is in.';

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
WHERE s.role = 'champion' AND s.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.scores AS m WHERE m.role = 'champion')
GROUP BY s.site;

COMMENT ON VIEW dayahead.site_accuracy_30d IS 'One row per site over the 30 days up to the last scored one: pooled WAPE, mean MASE, coverage, bias.';

CREATE OR REPLACE VIEW dayahead.capacity_risk AS
SELECT
    n.site, n.target_day,
    date_trunc('hour', n.ts, s.timezone) AS hour,
    s.capacity,
    max(n.q50) / s.capacity AS median_share,
    max(n.q95) / s.capacity AS q95_share,
    max(risk.probability) AS probability
FROM dayahead.next_day AS n
INNER JOIN dayahead.sites AS s ON s.site = n.site
CROSS JOIN LATERAL (
    SELECT CASE -- P(throughput > capacity): straight lines between the quantiles; beyond them no more is known than the outermost level
        WHEN s.capacity < n.q05 THEN 0.95
        WHEN s.capacity >= n.q95 THEN 0
        ELSE 1 - (
            SELECT k.low + (k.high - k.low) * (s.capacity - k.a) / (k.b - k.a)
            FROM (VALUES
                (0.05, 0.10, n.q05, n.q10), (0.10, 0.25, n.q10, n.q25), (0.25, 0.50, n.q25, n.q50),
                (0.50, 0.75, n.q50, n.q75), (0.75, 0.90, n.q75, n.q90), (0.90, 0.95, n.q90, n.q95)
            ) AS k (low, high, a, b)
            WHERE s.capacity >= k.a AND s.capacity < k.b
        )
    END AS probability
) AS risk
WHERE s.capacity IS NOT NULL
GROUP BY n.site, n.target_day, date_trunc('hour', n.ts, s.timezone), s.capacity;

COMMENT ON VIEW dayahead.capacity_risk IS
'One row per (site, hour) of next_day for sites with a capacity. probability: the largest P(throughput > capacity) of the hour''s steps,
interpolated between the quantiles; 0 where capacity lies above q95 (at most 0.05), 0.95 where it lies below q05 (at least 0.95).';
