-- The views that read a view of ours.
SELECT DISTINCT r.ev_class::regclass::text AS name
FROM pg_catalog.pg_depend AS d INNER JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
WHERE
    d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
    AND d.refobjid = to_regclass(:view) AND r.ev_class <> d.refobjid
ORDER BY 1;
