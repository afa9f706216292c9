-- Whether the day's table says that it holds just this, and still holds it: as many rows, all written by the transaction it names.
SELECT coalesce(
    split_part(said.of_day, ' ', 1) = %(digest)s
    AND (
        SELECT count(*) = split_part(said.of_day, ' ', 2)::bigint AND count(*) = count(*) FILTER (WHERE f.xmin = split_part(said.of_day, ' ', 3)::xid)
        FROM dayahead.{table} AS f
        WHERE f.target_day = %(day)s AND f.role = %(role)s
    ),
    false
)
FROM (
    SELECT obj_description(to_regclass(format('dayahead.%%I', dayahead.day_table(%(parent)s, %(day)s) || '_' || %(role)s)), 'pg_class') AS of_day
) AS said;
