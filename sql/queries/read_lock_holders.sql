-- Who holds locks on our tables: first those who changed something or took a piece of work, then those who only read; the longest first.
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
ORDER BY
    EXISTS (SELECT FROM pg_catalog.pg_locks AS l WHERE l.pid = a.pid AND l.granted AND l.mode NOT IN ('AccessShareLock', 'ExclusiveLock')) DESC,
    since
LIMIT 3;
