DELETE FROM dayahead.anomalies AS s
USING unnest(CAST(:target_day AS date[]), CAST(:role AS text[]), CAST(:site AS text[])) AS f (target_day, role, site)
WHERE s.target_day = f.target_day AND f.role = 'champion' AND s.site = f.site;
