SELECT EXISTS (
    SELECT FROM dayahead.{table}
    WHERE target_day = %(day)s AND role = %(role)s AND site = ANY(%(sites)s::text[])
);
