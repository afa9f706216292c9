SELECT
    coalesce(f.ts, t.ts) AS ts, t.throughput AS actual, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95,
    f.target_day, f.model_version, f.degradation
FROM (
    SELECT * FROM dayahead.published_forecasts
    WHERE role = 'champion' AND site = :site AND target_day BETWEEN :first_day AND :last_day
) AS f
FULL JOIN (
    SELECT ts, throughput FROM dayahead.actuals
    WHERE site = :site AND ts >= :since AND ts < :until
) AS t ON t.ts = f.ts
ORDER BY 1;
