COPY (
    SELECT * FROM dayahead.{table}
    WHERE target_day = %(day)s AND role = %(role)s AND site <> ALL(%(sites)s::text[])
) TO STDOUT (FORMAT binary);
