SELECT attname, format_type(atttypid, NULL)
FROM pg_catalog.pg_attribute
WHERE attrelid = 'dayahead.traffic'::regclass AND attnum > 0 AND NOT attisdropped;
