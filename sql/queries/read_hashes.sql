SELECT hashtextextended(s.site COLLATE "C", :seed)
FROM unnest(CAST(:sites AS text[])) WITH ORDINALITY AS s (site, place)
ORDER BY s.place;
