SELECT
    coalesce(f.ts, t.ts) AS ts, t.throughput AS actual, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95,
    f.target_day, f.model_version, f.degradation, f.what_if
FROM (
    SELECT c.*, w.q50 AS what_if
    FROM dayahead.published_forecasts AS c
    LEFT JOIN dayahead.published_forecasts AS w
        ON w.target_day = c.target_day AND w.role = 'what_if' AND w.site = c.site AND w.ts = c.ts AND w.cutoff = c.cutoff
    WHERE c.role = 'champion' AND c.site = :site AND c.target_day BETWEEN :first_day AND :last_day
) AS f
FULL JOIN (
    SELECT ts, throughput FROM dayahead.actuals
    WHERE site = :site AND ts >= :since AND ts < :until
) AS t ON t.ts = f.ts
ORDER BY 1;
