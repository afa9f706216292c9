-- The latest decision that made a version champion.
SELECT id, version, previous, decision, decided_by, reason, settled_at IS NOT NULL AS settled, decided_at
FROM dayahead.promotions
WHERE decision IN ('promoted', 'rolled_back')
ORDER BY id DESC
LIMIT 1;
