INSERT INTO dayahead.promotions (version, previous, decision, decided_by, reason, figures)
SELECT %(version)s, %(previous)s, %(decision)s, %(decided_by)s, %(reason)s, %(figures)s::jsonb
WHERE (%(version)s, %(decision)s) IS DISTINCT FROM (SELECT p.version, p.decision FROM dayahead.promotions AS p ORDER BY p.id DESC LIMIT 1);
