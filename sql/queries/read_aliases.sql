-- Names that sites had before, unless a site bears one now.
SELECT a.alias, a.site FROM dayahead.site_aliases AS a
WHERE NOT EXISTS (SELECT FROM dayahead.sites AS s WHERE s.site = a.alias);
