CREATE OR REPLACE VIEW dayahead.forecast_vs_actual AS
SELECT
    f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, t.throughput::double precision AS actual,
    t.throughput::double precision - f.q50 AS error,
    f.target_day, f.model_version, f.degradation
FROM dayahead.forecasts AS f
LEFT JOIN dayahead.traffic AS t ON t.site = f.site AND t.ts = f.ts
WHERE f.role = 'champion';

COMMENT ON VIEW dayahead.forecast_vs_actual IS 'One row per forecast (target_day, site, ts) of the champion; actual is NULL until the reading is in.';
