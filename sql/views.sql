-- The views for people, replaced by every migration: so they read whatever stands under the name dayahead.traffic by then.
CREATE OR REPLACE VIEW dayahead.next_day AS
SELECT f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, f.target_day, f.model_version, f.degradation, f.published_at
FROM dayahead.forecasts AS f
WHERE
    f.role = 'champion'
    AND f.target_day >= (SELECT p.first_day FROM dayahead.publications AS p WHERE p.role = 'champion' ORDER BY p.cutoff DESC LIMIT 1)
    AND f.cutoff >= (SELECT max(p.cutoff) FROM dayahead.publications AS p WHERE p.role = 'champion');

COMMENT ON VIEW dayahead.next_day IS
'One row per (site, ts) of what the latest run forecast, and nothing else: zones apart by a day stand side by side, a site that this run did
not forecast (silent, retired, deleted) is absent.';

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

-- Straight lines between the quantiles; beyond them no more is known than the outermost level.
CREATE OR REPLACE FUNCTION dayahead.exceedance(
    capacity double precision, q05 double precision, q10 double precision, q25 double precision, q50 double precision,
    q75 double precision, q90 double precision, q95 double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN capacity < q05 THEN 0.95
        WHEN capacity >= q95 THEN 0
        WHEN capacity < q10 THEN 0.95 - 0.05 * (capacity - q05) / (q10 - q05)
        WHEN capacity < q25 THEN 0.90 - 0.15 * (capacity - q10) / (q25 - q10)
        WHEN capacity < q50 THEN 0.75 - 0.25 * (capacity - q25) / (q50 - q25)
        WHEN capacity < q75 THEN 0.50 - 0.25 * (capacity - q50) / (q75 - q50)
        WHEN capacity < q90 THEN 0.25 - 0.15 * (capacity - q75) / (q90 - q75)
        WHEN capacity < q95 THEN 0.10 - 0.05 * (capacity - q90) / (q95 - q90)
    END
$$;

COMMENT ON FUNCTION dayahead.exceedance(
    double precision, double precision, double precision, double precision, double precision, double precision, double precision,
    double precision
) IS 'P(throughput > capacity) by the forecast quantiles; NULL where capacity is NULL.';

CREATE OR REPLACE VIEW dayahead.capacity_risk AS
SELECT
    n.site, n.target_day,
    date_trunc('hour', n.ts, s.timezone) AS hour,
    s.capacity,
    max(n.q50) / s.capacity AS median_share,
    max(n.q95) / s.capacity AS q95_share,
    max(dayahead.exceedance(s.capacity, n.q05, n.q10, n.q25, n.q50, n.q75, n.q90, n.q95)) AS probability
FROM dayahead.next_day AS n
INNER JOIN dayahead.sites AS s ON s.site = n.site
WHERE s.capacity IS NOT NULL
GROUP BY n.site, n.target_day, date_trunc('hour', n.ts, s.timezone), s.capacity;

COMMENT ON VIEW dayahead.capacity_risk IS
'One row per (site, hour) of next_day for sites with a capacity. probability: the largest P(throughput > capacity) of the hour''s steps,
interpolated between the quantiles; 0 where capacity lies above q95 (at most 0.05), 0.95 where it lies below q05 (at least 0.95).';

-- What the page shows. Ask for a span of target_day or ts: partitions that lie outside are not touched.
CREATE OR REPLACE VIEW dayahead.site_outlook AS
SELECT
    p.site, p.target_day, p.peak_at, p.q05, p.q10, p.q25, p.q50, p.q75, p.q90, p.q95,
    coalesce(s.timezone, 'UTC') AS timezone,
    jsonb_strip_nulls(jsonb_build_object('country', s.country)) || coalesce(s.labels, '{}'::jsonb) AS labels,
    s.capacity,
    dayahead.exceedance(s.capacity, p.q05, p.q10, p.q25, p.q50, p.q75, p.q90, p.q95) AS risk,
    p.cutoff, p.model_version, p.degradation, p.run_id, p.published_at
FROM (
    SELECT DISTINCT ON (k.site) k.*
    FROM dayahead.forecast_peaks AS k
    WHERE
        k.role = 'champion'
        AND k.target_day >= (SELECT d.first_day FROM dayahead.publications AS d WHERE d.role = 'champion' ORDER BY d.cutoff DESC LIMIT 1)
        AND k.cutoff >= (SELECT max(d.cutoff) FROM dayahead.publications AS d WHERE d.role = 'champion')
    ORDER BY k.site, k.target_day DESC
) AS p
LEFT JOIN dayahead.sites AS s ON s.site = p.site;

COMMENT ON VIEW dayahead.site_outlook IS
'One row per site of next_day: the largest value of each quantile over the day, when the median peaks, its labels with the country among
them, and risk, the largest P(throughput > capacity) of any step; NULL where the site has no capacity.';

CREATE OR REPLACE VIEW dayahead.published_forecasts AS
SELECT
    f.target_day, f.role, f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, f.cutoff, f.model_version, f.degradation, f.run_id,
    f.published_at
FROM dayahead.forecasts AS f;

COMMENT ON VIEW dayahead.published_forecasts IS 'One row per (target_day, role, site, ts): every forecast, of champion and challenger.';

CREATE OR REPLACE VIEW dayahead.published_days AS
SELECT
    p.target_day, p.role, p.site, p.peak_at, p.q05 AS peak_q05, p.q50 AS peak_q50, p.q95 AS peak_q95,
    p.cutoff, p.model_version, p.degradation, p.run_id, p.published_at,
    s.steps, s.wape, s.mase, s.bias, s.coverage50, s.coverage80, s.coverage90
FROM dayahead.forecast_peaks AS p
LEFT JOIN dayahead.scores AS s ON s.target_day = p.target_day AND s.role = p.role AND s.site = p.site;

COMMENT ON VIEW dayahead.published_days IS
'One row per (target_day, role, site): the peak that was forecast, and the scores, NULL until the actuals are in.';

DROP VIEW IF EXISTS dayahead.actuals; -- not replaced: a user's own view may give site another type or collation, and its index should serve
CREATE VIEW dayahead.actuals AS
SELECT t.site, t.ts, t.throughput::double precision AS throughput
FROM dayahead.traffic AS t;

COMMENT ON VIEW dayahead.actuals IS 'One row per reading (site, ts), without covariates.';

CREATE OR REPLACE VIEW dayahead.attention_map AS
SELECT a.target_day, a.role, a.site, a.band, a.past_day, a.weight
FROM dayahead.attention AS a;

COMMENT ON VIEW dayahead.attention_map IS
'One row per (target_day, role, site, quarter of the day, past day): how much of the attention fell on that day; 1 in all per quarter.';

CREATE OR REPLACE VIEW dayahead.model_decisions AS
SELECT p.id, p.decided_at, p.version, p.previous, p.decision, p.decided_by, p.reason
FROM dayahead.promotions AS p;

COMMENT ON VIEW dayahead.model_decisions IS 'One row per decision about a model version, the latest has the largest id.';

CREATE OR REPLACE VIEW dayahead.forecast_mixture AS
SELECT m.target_day, m.role, m.site, m.expert, m.share, m.level
FROM dayahead.mixture AS m;

COMMENT ON VIEW dayahead.forecast_mixture IS
'One row per (target_day, role, site, expert): the share of each expert in the forecast, and the factor by which its copy was moved.';
