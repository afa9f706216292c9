CREATE OR REPLACE VIEW dayahead.data_freshness AS
SELECT
    s.site,
    greatest(r.last_reading, c.last_reading) AS last_reading,
    extract(EPOCH FROM now() - greatest(r.last_reading, c.last_reading)) / 3600 AS hours_silent,
    c.completeness_7d,
    c.last_day
FROM dayahead.sites AS s
LEFT JOIN (
    SELECT t.site, max(t.ts) AS last_reading
    FROM dayahead.traffic AS t
    WHERE t.ts >= (SELECT max(d.last_reading) FROM dayahead.completeness AS d) AND t.ts <= now()
    GROUP BY t.site
) AS r ON r.site = s.site
CROSS JOIN (SELECT max(d.target_day) AS last_day FROM dayahead.completeness AS d) AS n
LEFT JOIN LATERAL (
    SELECT
        max(d.last_reading) AS last_reading,
        max(d.target_day) AS last_day,
        sum(d.readings) FILTER (WHERE d.target_day > n.last_day - 7)::double precision
        / nullif(sum(d.expected) FILTER (WHERE d.target_day > n.last_day - 7), 0) AS completeness_7d
    FROM dayahead.completeness AS d
    WHERE d.site = s.site
) AS c ON TRUE;

COMMENT ON VIEW dayahead.data_freshness IS
'One row per site: its last reading, how many hours ago that was, the share of the last seven days monitored that arrived. Empty for a site
without a reading since the last day monitored and without a forecast before.';
