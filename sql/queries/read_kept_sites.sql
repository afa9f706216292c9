-- The sites of a slice that a publication does not speak of there, and whose rows stay: all of them where sites were chosen, else those that
-- it forecast on another day, with rows from another cutoff.
SELECT p.site
FROM dayahead.peaks AS p
WHERE
    p.target_day = :day AND p.role = :role AND p.site <> ALL(CAST(:sites AS text[]))
    AND (:chosen OR (p.site = ANY(CAST(:everywhere AS text[])) AND p.cutoff <> :cutoff))
ORDER BY p.site;
