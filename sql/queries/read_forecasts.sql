COPY (
    SELECT (wanted.place - 1)::integer, f.ts, {quantiles}
    FROM dayahead.forecasts AS f
    INNER JOIN unnest(%(sites)s::text[]) WITH ORDINALITY AS wanted (site, place) ON wanted.site = f.site
    WHERE f.target_day = %(target_day)s AND f.role = %(role)s
) TO STDOUT (FORMAT binary);
