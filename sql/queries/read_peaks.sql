SELECT DISTINCT ON (n.site)
    n.site,
    n.target_day,
    n.ts AT TIME ZONE coalesce(s.timezone, 'UTC') AS peak,
    n.q05, n.q50, n.q95,
    n.degradation,
    coalesce(s.timezone, 'UTC') AS timezone
FROM dayahead.next_day AS n
LEFT JOIN dayahead.sites AS s ON s.site = n.site
ORDER BY n.site, n.q50 DESC, n.ts;
