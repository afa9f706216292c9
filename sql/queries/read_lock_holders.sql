-- Who holds a lock on our tables that keeps others out, or on a piece of work of ours; the longest first.
SELECT a.pid, a.usename, a.application_name, coalesce(a.xact_start, a.state_change) AS since, a.state, left(a.query, 100) AS query
FROM pg_catalog.pg_stat_activity AS a
WHERE
    a.pid <> pg_backend_pid()
    AND a.pid IN (
        SELECT l.pid FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
        WHERE
            l.granted AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
            AND (l.locktype = 'advisory' OR c.relnamespace = to_regnamespace('dayahead'))
    )
ORDER BY since
LIMIT 3;
