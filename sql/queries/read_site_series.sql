-- A reading at no fixed time within the step, and those of a finer interval, stand beside the forecast of the step that they lie in.
WITH forecast AS (
    SELECT c.*, w.q50 AS what_if
    FROM dayahead.published_forecasts AS c
    LEFT JOIN dayahead.published_forecasts AS w
        ON w.target_day = c.target_day AND w.role = 'what_if' AND w.site = c.site AND w.ts = c.ts AND w.cutoff = c.cutoff
    WHERE c.role = 'champion' AND c.site = :site AND c.target_day BETWEEN :first_day AND :last_day
),

step AS (
    SELECT min(g.gap) AS width, min(g.ts) AS origin
    FROM (SELECT f.ts, f.ts - lag(f.ts) OVER (ORDER BY f.ts) AS gap FROM forecast AS f) AS g
    WHERE g.gap > interval '0'
)

SELECT
    coalesce(f.ts, t.ts) AS ts, t.throughput AS actual, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95,
    f.target_day, f.model_version, f.degradation, f.what_if
FROM forecast AS f
FULL JOIN (
    SELECT coalesce(date_bin(s.width, a.ts, s.origin), a.ts) AS ts, avg(a.throughput) AS throughput
    FROM dayahead.actuals AS a CROSS JOIN step AS s
    WHERE a.site = :site AND a.ts >= :since AND a.ts < :until
    GROUP BY 1
) AS t ON t.ts = f.ts
ORDER BY 1;
