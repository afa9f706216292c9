INSERT INTO dayahead.sites (site, timezone) SELECT s.site, :timezone FROM staged_sites AS s
WHERE NOT EXISTS (SELECT FROM dayahead.site_aliases AS a WHERE a.alias = s.site)
ON CONFLICT (site) DO NOTHING;
