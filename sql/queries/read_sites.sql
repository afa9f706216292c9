SELECT
    s.site, s.timezone, s.capacity, s.country, s.calendar,
    jsonb_strip_nulls(jsonb_build_object('country', s.country)) || s.labels AS labels,
    s.retired_at <= :cutoff AS retired,
    dayahead.usable_zone(s.timezone) = s.timezone AS usable
FROM dayahead.sites AS s
ORDER BY s.site;
