-- Spans of sites whose readings are to be ignored, as known at a cutoff.
SELECT s.site, e.starts_at, e.ends_at
FROM dayahead.events AS e
INNER JOIN dayahead.sites AS s ON dayahead.is_meant(e.site, e.labels, s.site, s.country, s.labels)
WHERE
    e.kind = 'ignore' AND e.known_from < :cutoff AND e.ends_at > :since AND e.starts_at < :until
    AND s.site = ANY(CAST(:sites AS text[]))
ORDER BY s.site, e.starts_at;
