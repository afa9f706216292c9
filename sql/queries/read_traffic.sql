-- Fixed widths and no NULL whatever stands behind traffic: names go as their place in the list, missing numbers as NaN.
COPY (
    SELECT (wanted.place - 1)::integer, t.ts, coalesce(t.throughput::double precision, 'NaN') {covariates}
    FROM dayahead.traffic AS t
    INNER JOIN unnest(%(sites)s::text[]) WITH ORDINALITY AS wanted (site, place) ON wanted.site = t.site
    WHERE t.ts >= %(since)s AND t.ts < %(cutoff)s
) TO STDOUT (FORMAT binary);
