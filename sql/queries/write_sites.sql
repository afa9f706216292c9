INSERT INTO dayahead.sites AS old (site, timezone, capacity, country, labels)
SELECT s.site, coalesce(s.timezone, :zone), s.capacity, s.country, s.labels
FROM unnest(CAST(:site AS text[]), CAST(:timezone AS text[]), CAST(:capacity AS double precision[]), CAST(:country AS text[]), CAST(:labels AS jsonb[]))
    AS s (site, timezone, capacity, country, labels)
ON CONFLICT (site) DO UPDATE
SET
    timezone = CASE WHEN 'timezone' = ANY(CAST(:named AS text[])) THEN excluded.timezone ELSE old.timezone END,
    capacity = CASE WHEN 'capacity' = ANY(CAST(:named AS text[])) THEN excluded.capacity ELSE old.capacity END,
    country = CASE WHEN 'country' = ANY(CAST(:named AS text[])) THEN excluded.country ELSE old.country END,
    labels = (old.labels - CAST(:keys AS text[])) || excluded.labels;
