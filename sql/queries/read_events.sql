-- Events known at a cutoff that touch a span.
SELECT e.id, e.kind, e.category, e.site, e.labels, e.starts_at, e.ends_at, e.expected_factor, e.known_from
FROM dayahead.events AS e
WHERE e.known_from < :cutoff AND e.ends_at >= :since AND e.starts_at < :until
ORDER BY e.id;
