SELECT d.target_day, d.site, d.steps, d.expected_steps::bigint, d.finite, d.degradation, d.model_version, d.cutoff, d.published_at
FROM dayahead.forecast_days AS d
WHERE d.target_day = ANY(CAST(:days AS date[]));
