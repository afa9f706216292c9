-- Leaves the rows that the staged ones would only repeat.
DELETE FROM dayahead.{table} AS old
WHERE
    old.target_day = %(day)s AND old.role = %(role)s
    AND NOT EXISTS (
        SELECT FROM dayahead.{staged} AS new
        WHERE ({new_key}) = ({old_key}) AND ({new_values}) IS NOT DISTINCT FROM ({old_values})
    );
