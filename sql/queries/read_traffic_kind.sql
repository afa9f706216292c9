SELECT c.relkind::text FROM pg_catalog.pg_class AS c WHERE c.oid = 'dayahead.traffic'::regclass;
