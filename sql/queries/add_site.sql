INSERT INTO dayahead.sites (site, timezone, capacity, country, labels)
VALUES (:name, :timezone, :capacity, :country, CAST(:labels AS jsonb));
