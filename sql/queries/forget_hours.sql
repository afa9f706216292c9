DELETE FROM dayahead.scores_by_hour AS s
USING unnest(CAST(:target_day AS date[]), CAST(:role AS text[]), CAST(:site AS text[])) AS f (target_day, role, site)
WHERE s.target_day = f.target_day AND s.role = f.role AND s.site = f.site;
