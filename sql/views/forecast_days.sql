CREATE OR REPLACE VIEW dayahead.forecast_days AS
SELECT
    f.target_day, f.site,
    count(*) AS steps,
    round(
        extract(
            EPOCH FROM (f.target_day + 1)::timestamp AT TIME ZONE dayahead.usable_zone(s.timezone)
            - f.target_day::timestamp AT TIME ZONE dayahead.usable_zone(s.timezone)
        )
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
