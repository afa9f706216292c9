-- A value that stands there already for the same instant and known_from is replaced; returns how many rows were new or changed.
WITH given AS (
    SELECT p.site, p.labels, p.ts, p.name, p.value, coalesce(p.known_from, now()) AS known_from
    FROM unnest(
        CAST(:site AS text[]), CAST(:labels AS jsonb[]), CAST(:ts AS timestamptz[]), CAST(:name AS text[]), CAST(:value AS double precision[]),
        CAST(:known_from AS timestamptz[])
    ) AS p (site, labels, ts, name, value, known_from)
),

written AS (
    INSERT INTO dayahead.planned AS p (site, labels, ts, name, value, known_from)
    SELECT g.site, g.labels, g.ts, g.name, g.value, g.known_from
    FROM given AS g
    ON CONFLICT (name, site, labels, ts, known_from) DO UPDATE SET value = excluded.value
    WHERE p.value IS DISTINCT FROM excluded.value
    RETURNING 1
)

SELECT count(*) FROM written;
