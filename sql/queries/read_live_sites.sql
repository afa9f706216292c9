SELECT s.site, s.timezone FROM dayahead.sites AS s
WHERE EXISTS (SELECT FROM dayahead.traffic AS t WHERE t.site = s.site AND t.ts >= :since AND t.ts < :cutoff);
