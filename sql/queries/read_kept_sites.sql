-- The sites of a slice that a publication does not speak of there, and whose rows stay: all of them where sites were chosen, else those that
-- it forecast on another day, with rows from another cutoff.
SELECT p.site
FROM dayahead.forecast_peaks AS p
WHERE
    p.target_day = %(day)s AND p.role = %(role)s AND p.site <> ALL(%(sites)s::text[])
    AND (%(chosen)s OR (p.site = ANY(%(everywhere)s::text[]) AND p.cutoff <> %(cutoff)s))
ORDER BY p.site;
