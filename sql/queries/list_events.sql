SELECT
    e.id, e.kind, e.category, e.site, e.labels, e.starts_at, e.ends_at, e.expected_factor, e.note, e.noted_by, e.noted_at, e.known_from,
    (SELECT count(*) FROM dayahead.sites AS s WHERE dayahead.is_meant(e.site, e.labels, s.site, s.country, s.labels)) AS sites
FROM dayahead.events AS e
WHERE
    (CAST(:site AS text) IS NULL OR EXISTS (
        SELECT FROM dayahead.sites AS s WHERE s.site = :site AND dayahead.is_meant(e.site, e.labels, s.site, s.country, s.labels)
    ))
    AND (CAST(:ids AS bigint[]) IS NULL OR e.id = ANY(CAST(:ids AS bigint[])))
ORDER BY e.starts_at, e.id;
