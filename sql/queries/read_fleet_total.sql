-- Summed quantiles hold if all sites err together; the roots of summed squares if each errs by itself. The truth lies between.
-- Where zones lie a day apart, the hours before a site's own day come from the day before; steps that not all sites reach are left out.
SELECT t.ts, t.sites, t.median, t.median - t.below AS apart05, t.median + t.above AS apart95, t.together05, t.together95
FROM (
    SELECT
        f.ts, count(*) AS sites, max(count(*)) OVER () AS most, sum(f.q50) AS median,
        sqrt(sum((f.q50 - f.q05) ^ 2)) AS below, sqrt(sum((f.q95 - f.q50) ^ 2)) AS above,
        sum(f.q05) AS together05, sum(f.q95) AS together95
    FROM dayahead.site_outlook AS o
    INNER JOIN dayahead.published_forecasts AS f ON f.site = o.site AND f.target_day <= o.target_day
    WHERE f.role = 'champion' AND f.target_day BETWEEN %(first_day)s AND %(last_day)s AND f.ts >= %(since)s AND {chosen}
    GROUP BY f.ts
) AS t
WHERE t.sites = t.most
ORDER BY t.ts;
