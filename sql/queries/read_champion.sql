SELECT version FROM dayahead.promotions
WHERE decision IN ('promoted', 'rolled_back') AND decided_at < :before AND site_group = :site_group
ORDER BY id DESC
LIMIT 1;
