COPY (
    SELECT * FROM dayahead.{table}
    WHERE target_day = %(day)s AND role = %(role)s AND site = ANY(%(kept)s::text[])
) TO STDOUT (FORMAT binary);
