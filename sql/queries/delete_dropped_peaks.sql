DELETE FROM dayahead.forecast_peaks AS p
WHERE p.target_day = %(day)s AND p.role = %(role)s AND p.site <> ALL(%(sites)s::text[]) AND p.site <> ALL(%(kept)s::text[]);
