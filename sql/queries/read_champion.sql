SELECT version FROM dayahead.promotions
WHERE decision IN ('promoted', 'rolled_back') AND decided_at < :before
ORDER BY id DESC
LIMIT 1;
