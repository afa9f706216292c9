SELECT
    s.site, s.timezone, s.capacity, s.country, s.calendar, s.labels, s.added_at, s.found, s.retired_at,
    ARRAY(SELECT a.alias FROM dayahead.site_aliases AS a WHERE a.site = s.site ORDER BY a.since) AS aliases
FROM dayahead.sites AS s
ORDER BY s.site;
