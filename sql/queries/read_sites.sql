SELECT site, timezone, capacity, country FROM dayahead.sites ORDER BY site;
