-- All rights of our roles on the schema and what is in it, as one word: another word means that somebody took one away, or made something anew.
SELECT md5(coalesce(string_agg(held.name || ' ' || r.rolname || ' ' || a.privilege_type, ';' ORDER BY held.name, r.rolname, a.privilege_type), '')) AS rights
FROM (
    SELECT 'schema' AS name, n.nspacl AS rights FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'dayahead'
    UNION ALL
    SELECT c.relname, c.relacl FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = to_regnamespace('dayahead') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
    UNION ALL
    SELECT p.oid::regprocedure::text, p.proacl FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = to_regnamespace('dayahead')
) AS held
CROSS JOIN LATERAL aclexplode(held.rights) AS a
INNER JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee AND r.rolname IN ('dayahead_reader', 'dayahead_writer', 'dayahead_viewer')
