-- Summed quantiles hold if all sites err together; the roots of summed squares if each errs by itself. The truth lies between.
SELECT
    f.ts, count(*) AS sites, sum(f.q50) AS median,
    sum(f.q50) - sqrt(sum((f.q50 - f.q05) ^ 2)) AS apart05, sum(f.q50) + sqrt(sum((f.q95 - f.q50) ^ 2)) AS apart95,
    sum(f.q05) AS together05, sum(f.q95) AS together95
FROM dayahead.site_outlook AS o
INNER JOIN dayahead.published_forecasts AS f ON f.site = o.site AND f.target_day = o.target_day
WHERE f.role = 'champion' AND f.target_day BETWEEN %(first_day)s AND %(last_day)s AND {chosen}
GROUP BY f.ts
ORDER BY f.ts;
