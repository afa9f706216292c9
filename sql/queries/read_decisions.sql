SELECT decided_at, version, previous, decision, decided_by, reason FROM dayahead.model_decisions
WHERE decided_at > %(last_day)s::date - %(days)s::integer
ORDER BY id DESC
LIMIT %(limit)s;
