INSERT INTO dayahead.sites (site, timezone) SELECT s.site, :timezone FROM staged_sites AS s
ON CONFLICT (site) DO NOTHING;
