CREATE OR REPLACE VIEW dayahead.data_freshness AS
SELECT
    s.site,
    c.last_reading,
    extract(EPOCH FROM n.until - c.last_reading) / 3600 AS hours_silent,
    c.completeness_7d,
    c.last_day
FROM dayahead.sites AS s
CROSS JOIN (SELECT max(d.last_reading) AS until, max(d.target_day) AS last_day FROM dayahead.completeness AS d) AS n
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
'One row per site, as of the last day monitored: its last reading, how much later the fleet''s last one is, the share of the last seven
days that arrived. Empty for a site that never got a forecast.';
