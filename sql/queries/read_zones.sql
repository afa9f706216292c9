SELECT s.site, s.timezone FROM dayahead.sites AS s WHERE s.site = ANY(CAST(:sites AS text[]));
