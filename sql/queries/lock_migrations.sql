-- By advisory lock: the table of locks may not be there yet.
SELECT pg_advisory_xact_lock(hashtextextended('dayahead.migrations', 0));
