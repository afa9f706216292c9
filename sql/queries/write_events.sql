-- Events that stand there already are left as they are; returns those that were new.
INSERT INTO dayahead.events (kind, category, site, labels, starts_at, ends_at, expected_factor, note, noted_by, known_from)
SELECT
    e.kind, e.category, e.site, e.labels, e.starts_at, e.ends_at, e.expected_factor, e.note, coalesce(e.noted_by, session_user),
    coalesce(e.known_from, now())
FROM unnest(
    CAST(:kind AS text[]), CAST(:category AS text[]), CAST(:site AS text[]), CAST(:labels AS jsonb[]), CAST(:starts_at AS timestamptz[]),
    CAST(:ends_at AS timestamptz[]), CAST(:expected_factor AS double precision[]), CAST(:note AS text[]), CAST(:noted_by AS text[]),
    CAST(:known_from AS timestamptz[])
) WITH ORDINALITY AS e (kind, category, site, labels, starts_at, ends_at, expected_factor, note, noted_by, known_from, place)
ORDER BY e.place
ON CONFLICT DO NOTHING
RETURNING id;
