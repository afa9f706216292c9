-- The database's own clock, in UTC: what is stamped later cannot have been measured yet.
SELECT now() AT TIME ZONE 'UTC';
