-- Fixed widths and no NULL whatever stands behind traffic: a name goes as its hash, which costs half of a join, a missing number as NaN.
COPY (
    SELECT hashtextextended(t.site::text COLLATE "C", %(seed)s), t.ts, {values}
    FROM dayahead.traffic AS t
    WHERE t.ts >= %(since)s AND t.ts < %(cutoff)s AND {scope}
) TO STDOUT (FORMAT binary);
