INSERT INTO dayahead.promotions (version, previous, decision, decided_by, reason, figures)
SELECT %(version)s, %(previous)s, %(decision)s, %(decided_by)s, %(reason)s, %(figures)s::jsonb
WHERE NOT EXISTS (
    SELECT FROM (SELECT p.version, p.decision, p.decided_by FROM dayahead.promotions AS p ORDER BY p.id DESC LIMIT 1) AS latest
    WHERE latest.version = %(version)s AND latest.decision = %(decision)s AND latest.decided_by = %(decided_by)s
);
