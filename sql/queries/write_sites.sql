INSERT INTO dayahead.sites (site, timezone, capacity, country, labels)
SELECT s.site, s.timezone, s.capacity, s.country, s.labels
FROM unnest(CAST(:site AS text[]), CAST(:timezone AS text[]), CAST(:capacity AS double precision[]), CAST(:country AS text[]), CAST(:labels AS jsonb[]))
    AS s (site, timezone, capacity, country, labels)
ON CONFLICT (site) DO UPDATE
SET timezone = excluded.timezone, capacity = excluded.capacity, country = excluded.country, labels = excluded.labels;
