CREATE OR REPLACE VIEW dayahead.site_events AS
SELECT s.site, e.id, e.kind, e.category, e.starts_at, e.ends_at, e.expected_factor, e.note, e.noted_by, e.noted_at, e.known_from
FROM dayahead.events AS e
INNER JOIN dayahead.sites AS s ON e.site = s.site
UNION ALL -- apart: by its name a site is found at once, among thousands of events of thousands of sites
SELECT s.site, e.id, e.kind, e.category, e.starts_at, e.ends_at, e.expected_factor, e.note, e.noted_by, e.noted_at, e.known_from
FROM dayahead.events AS e
INNER JOIN dayahead.sites AS s ON e.site IS NULL AND dayahead.is_meant(NULL, e.labels, s.site, s.country, s.labels);

COMMENT ON VIEW dayahead.site_events IS 'One row per event and site that it means.';
