INSERT INTO staged_sites (site_code, site) SELECT s.place - 1, s.site FROM unnest(CAST(:sites AS text[])) WITH ORDINALITY AS s (site, place);

ANALYZE staged_readings;
ANALYZE staged_sites;
