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
                SELECT a.*, a.ends_at + (a.ends_at - a.starts_at) / greatest(a.steps - 1, 1) AS stops_at
                FROM dayahead.anomalies AS a
                WHERE a.target_day > (SELECT max(m.target_day) - 30 FROM dayahead.completeness AS m)
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
instants AS MATERIALIZED ( -- few, however many sites there are
    SELECT DISTINCT direction, starts_at FROM unnoted
),
firsts AS ( -- the earliest instant takes those within the hour after it; the next one takes its own
    SELECT direction, min(starts_at) AS starts_at FROM instants GROUP BY direction
    UNION ALL
    SELECT f.direction, n.starts_at
    FROM firsts AS f
    CROSS JOIN LATERAL (
        SELECT min(i.starts_at) AS starts_at FROM instants AS i
        WHERE i.direction = f.direction AND i.starts_at > f.starts_at + interval '1 hour'
    ) AS n
    WHERE n.starts_at IS NOT NULL
),
taken AS MATERIALIZED (
    SELECT i.direction, i.starts_at, max(f.starts_at) AS first_at
    FROM instants AS i
    INNER JOIN firsts AS f ON i.direction = f.direction AND i.starts_at >= f.starts_at
    GROUP BY i.direction, i.starts_at
)
SELECT
    t.first_at AS starts_at,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY u.stops_at) AS ends_at,
    t.direction,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY u.change) AS change,
    count(*) AS sites,
    array_agg(u.site ORDER BY u.site) AS names
FROM taken AS t
INNER JOIN unnoted AS u ON t.direction = u.direction AND t.starts_at = u.starts_at
GROUP BY t.direction, t.first_at;

COMMENT ON VIEW dayahead.event_candidates IS
'One row per departure from the forecast in the last 30 days that lasted for at least two hours, of all sites at which it began within the
same hour, and that no event covers: a person says whether it was one. ends_at is when half of the sites were back, change the median over sites
of actual over expected, less one.';
