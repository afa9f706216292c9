SELECT pg_advisory_xact_lock(hashtextextended(%(subject)s, 0));
