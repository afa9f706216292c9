-- Our views, and whether each reads what stands under the name traffic now: a user may have put a view of their own there since.
SELECT c.relname AS name, coalesce(bool_or(d.refobjid = to_regclass('dayahead.traffic')), FALSE) AS reads_traffic
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = c.oid
LEFT JOIN pg_catalog.pg_depend AS d
    ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
WHERE c.relnamespace = to_regnamespace('dayahead') AND c.relkind = 'v'
GROUP BY c.relname;
