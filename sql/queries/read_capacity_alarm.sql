-- The likeliest hour of each site that may exceed its capacity some time of the day, the riskiest five first, and how many there are.
SELECT w.site, w.hour, w.probability, w.capacity, count(*) OVER () AS sites
FROM (
    SELECT DISTINCT ON (r.site) r.site, r.hour, r.day_probability AS probability, r.capacity
    FROM dayahead.capacity_risk AS r
    WHERE r.target_day = ANY(CAST(:days AS date[])) AND r.day_probability >= :threshold
    ORDER BY r.site, r.probability DESC, r.hour
) AS w
ORDER BY w.probability DESC, w.site
LIMIT 5;
