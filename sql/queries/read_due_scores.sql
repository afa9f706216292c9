-- Forecast days that are over at the cutoff, site by site: the ones without a score, and recent ones whose actuals may have changed since.
SELECT f.target_day, f.role, f.site, f.model_version, f.cutoff, f.first_step, f.last_step, s.steps, s.actual_total, s.model_version, s.cutoff
FROM (
    SELECT
        d.target_day, d.role, d.site, max(d.model_version) AS model_version, max(d.cutoff) AS cutoff,
        min(d.ts) AS first_step, max(d.ts) AS last_step
    FROM dayahead.forecasts AS d
    WHERE d.target_day >= :first_day AND d.target_day <= :last_day AND d.role <> 'what_if' -- nobody said that it would come
    GROUP BY d.target_day, d.role, d.site
) AS f
LEFT JOIN dayahead.scores AS s ON s.target_day = f.target_day AND s.role = f.role AND s.site = f.site
WHERE f.last_step < :cutoff AND (s.site IS NULL OR f.target_day >= :recheck_from)
ORDER BY f.target_day, f.role, f.site;
