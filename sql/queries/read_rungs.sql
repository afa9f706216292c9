SELECT d.degradation, count(*), (array_agg(d.site ORDER BY d.site))[1:5]
FROM dayahead.forecast_days AS d
WHERE d.target_day = ANY(CAST(:days AS date[]))
GROUP BY d.degradation
ORDER BY d.degradation;
