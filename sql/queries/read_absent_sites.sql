SELECT a.site, a.timezone, a.last_reading, a.reason, count(*) OVER () AS sites
FROM dayahead.absent_sites AS a
ORDER BY a.last_reading DESC NULLS LAST, a.site
LIMIT :limit;
