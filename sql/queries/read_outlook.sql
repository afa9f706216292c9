SELECT
    o.site, o.target_day, o.timezone, o.labels, o.capacity, o.peak_at, o.q05, o.q50, o.q95, o.risk, o.degradation,
    a.wape, a.bias, a.coverage80, a.days
FROM dayahead.site_outlook AS o
LEFT JOIN dayahead.site_accuracy_30d AS a ON a.site = o.site
WHERE {chosen}
ORDER BY {order}, o.site
LIMIT %(limit)s OFFSET %(offset)s;
