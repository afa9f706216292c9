-- What people noted of a site; unseen where nothing tells how much it moves: no factor, and nothing of its category in the history before it.
SELECT
    e.kind, e.category, e.starts_at, e.ends_at, e.expected_factor, e.note, e.noted_by,
    e.kind = 'expected' AND e.expected_factor IS NULL AND NOT EXISTS (
        SELECT FROM dayahead.site_events AS o
        WHERE
            o.kind = 'expected' AND o.category = e.category AND o.ends_at <= e.starts_at
            AND o.ends_at > e.starts_at - make_interval(days => :history)
    ) AS unseen
FROM dayahead.site_events AS e
WHERE e.site = :site AND e.ends_at >= :since
ORDER BY e.starts_at;
