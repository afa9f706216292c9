CREATE OR REPLACE VIEW dayahead.event_candidates AS
WITH RECURSIVE
spans AS MATERIALIZED ( -- of a site, at least two hours; readings back in the band for at most an hour do not end one
    SELECT
        p.site,
        p.direction,
        min(p.starts_at) AS starts_at,
        max(p.stops_at) AS stops_at,
        sum(p.actual * p.steps) / nullif(sum(p.expected * p.steps), 0) - 1 AS change
    FROM (
        SELECT *, sum(begins) OVER (PARTITION BY site, direction ORDER BY starts_at) AS span
        FROM (
            SELECT
                r.*,
                (r.starts_at - lag(r.stops_at) OVER (PARTITION BY r.site, r.direction ORDER BY r.starts_at) > interval '1 hour')
                IS NOT FALSE AS is_first
            FROM (
                SELECT *, ends_at + (ends_at - starts_at) / greatest(steps - 1, 1) AS stops_at
                FROM dayahead.recent_anomalies
            ) AS r
        ) AS q
        CROSS JOIN LATERAL (SELECT q.is_first::integer AS begins) AS flag
    ) AS p
    GROUP BY p.site, p.direction, p.span
    HAVING max(p.stops_at) - min(p.starts_at) >= interval '2 hours'
),
unnoted AS MATERIALIZED (
    SELECT s.* FROM spans AS s
    WHERE NOT EXISTS (
        SELECT FROM dayahead.site_events AS e
        WHERE
            e.site = s.site AND e.ends_at >= s.starts_at - interval '1 day' AND e.starts_at <= s.stops_at
            AND (
                e.kind = 'break'
                OR least(e.ends_at, s.stops_at) - greatest(e.starts_at, s.starts_at) >= (s.stops_at - s.starts_at) / 2
            )
    )
),
firsts AS ( -- the earliest span takes those that begin within the hour after it; the next one takes its own
    SELECT direction, min(starts_at) AS starts_at FROM unnoted GROUP BY direction
    UNION ALL
    SELECT f.direction, n.starts_at
    FROM firsts AS f
    CROSS JOIN LATERAL (
        SELECT u.starts_at FROM unnoted AS u
        WHERE u.direction = f.direction AND u.starts_at > f.starts_at + interval '1 hour'
        ORDER BY u.starts_at
        LIMIT 1
    ) AS n
)
SELECT
    f.starts_at,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY u.stops_at) AS ends_at,
    f.direction,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY u.change) AS change,
    count(*) AS sites,
    array_agg(u.site ORDER BY u.site) AS names
FROM firsts AS f
INNER JOIN unnoted AS u
    ON f.direction = u.direction AND u.starts_at BETWEEN f.starts_at AND f.starts_at + interval '1 hour'
GROUP BY f.direction, f.starts_at;

COMMENT ON VIEW dayahead.event_candidates IS
'One row per departure from the forecast in the last 30 days that lasted for at least two hours, of all sites at which it began within the
same hour, and that no event covers: a person says whether it was one. ends_at is when half of the sites were back, change the median over sites
of actual over expected, less one.';
