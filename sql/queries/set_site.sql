UPDATE dayahead.sites
SET
    timezone = coalesce(:timezone, timezone), capacity = coalesce(:capacity, capacity), country = coalesce(:country, country),
    labels = labels || CAST(:labels AS jsonb), found = false
WHERE site = :name;
