SELECT hashtextextended(s.site COLLATE "C", %(seed)s)
FROM unnest(%(sites)s::text[]) WITH ORDINALITY AS s (site, place)
ORDER BY s.place;
