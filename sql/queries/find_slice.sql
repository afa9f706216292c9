SELECT EXISTS (
    SELECT FROM dayahead.{table}
    WHERE target_day = ANY(%(days)s::date[]) AND role = %(role)s AND site = ANY(%(sites)s::text[])
);
