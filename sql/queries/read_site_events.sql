SELECT kind, category, starts_at, ends_at, expected_factor, note, noted_by FROM dayahead.site_events
WHERE site = :site AND ends_at >= :since
ORDER BY starts_at;
