CREATE OR REPLACE VIEW dayahead.recent_anomalies AS
SELECT
    a.site,
    min(a.starts_at) AS starts_at,
    max(a.ends_at) AS ends_at,
    a.direction,
    sum(a.steps) AS steps,
    sum(a.actual * a.steps) / sum(a.steps) AS actual,
    sum(a.expected * a.steps) / sum(a.steps) AS expected,
    sum(a.excess * a.steps) / sum(a.steps) AS excess,
    min(a.target_day) AS first_day,
    max(a.target_day) AS last_day
FROM (
    SELECT *, sum(begins) OVER (PARTITION BY site, direction ORDER BY starts_at) AS episode
    FROM (
        SELECT
            d.*,
            (d.starts_at - lag(d.ends_at) OVER pieces > (d.ends_at - d.starts_at) / greatest(d.steps - 1, 1)) IS NOT FALSE AS is_first
        FROM dayahead.anomalies AS d
        WHERE d.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.completeness AS m)
        WINDOW pieces AS (PARTITION BY d.site, d.direction ORDER BY d.starts_at)
    ) AS p
    CROSS JOIN LATERAL (SELECT p.is_first::integer AS begins) AS flag
) AS a
GROUP BY a.site, a.direction, a.episode;

COMMENT ON VIEW dayahead.recent_anomalies IS
'One row per stretch outside the band in the last 30 days; pieces that meet at midnight are one stretch. Means over its readings.';
