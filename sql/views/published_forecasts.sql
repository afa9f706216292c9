CREATE OR REPLACE VIEW dayahead.published_forecasts AS
SELECT
    f.target_day, f.role, f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, f.cutoff, f.model_version, f.degradation, f.run_id,
    f.published_at
FROM dayahead.forecasts AS f;

COMMENT ON VIEW dayahead.published_forecasts IS 'One row per (target_day, role, site, ts): every forecast, of champion, challenger and what_if.';
