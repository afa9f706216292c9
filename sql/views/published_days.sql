CREATE OR REPLACE VIEW dayahead.published_days AS
SELECT
    p.target_day, p.role, p.site, p.peak_at, p.q05 AS peak_q05, p.q50 AS peak_q50, p.q95 AS peak_q95,
    p.cutoff, p.model_version, p.degradation, p.run_id, p.published_at,
    s.steps, s.wape, s.mase, s.bias, s.coverage50, s.coverage80, s.coverage90
FROM dayahead.peaks AS p
LEFT JOIN dayahead.scores AS s ON s.target_day = p.target_day AND s.role = p.role AND s.site = p.site;

COMMENT ON VIEW dayahead.published_days IS
'One row per (target_day, role, site): the peak that was forecast, and the scores, NULL until the actuals are in.';
