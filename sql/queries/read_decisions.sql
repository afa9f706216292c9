SELECT decided_at, version, previous, decision, decided_by, reason FROM dayahead.model_decisions
WHERE decided_at > CAST(:last_day AS date) - CAST(:days AS integer)
ORDER BY id DESC
LIMIT :limit;
