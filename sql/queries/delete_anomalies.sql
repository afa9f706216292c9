DELETE FROM dayahead.anomalies WHERE target_day = %(target_day)s AND site = ANY(%(sites)s::text[]);
