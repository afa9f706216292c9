SELECT
    count(*) AS sites,
    count(*) FILTER (WHERE o.risk >= %(risk)s) AS at_risk,
    count(*) FILTER (WHERE o.capacity IS NULL) AS without_capacity,
    count(*) FILTER (WHERE o.degradation <> 'none') AS degraded,
    min(o.target_day) AS first_day,
    max(o.target_day) AS last_day,
    min(o.target_day::timestamp AT TIME ZONE o.timezone) AS since,
    max(o.published_at) AS published_at,
    CASE WHEN min(o.timezone) = max(o.timezone) THEN min(o.timezone) END AS zone
FROM dayahead.site_outlook AS o
WHERE {chosen};
