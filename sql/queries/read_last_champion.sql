-- The latest decision that made a version champion of a group, or of the fleet.
SELECT id, version, previous, decision, decided_by, reason, settled_at IS NOT NULL AS settled, decided_at
FROM dayahead.promotions
WHERE decision IN ('promoted', 'rolled_back') AND site_group = :site_group
ORDER BY id DESC
LIMIT 1;
