INSERT INTO dayahead.sites (site, timezone, capacity, country, labels)
SELECT s.site, s.timezone, s.capacity, s.country, s.labels
FROM unnest(%(site)s::text[], %(timezone)s::text[], %(capacity)s::double precision[], %(country)s::text[], %(labels)s::jsonb[])
    AS s (site, timezone, capacity, country, labels)
ON CONFLICT (site) DO UPDATE
SET timezone = excluded.timezone, capacity = excluded.capacity, country = excluded.country, labels = excluded.labels;
