SELECT c.starts_at, c.ends_at, c.change, c.sites, c.names, count(*) OVER () AS found
FROM dayahead.event_candidates AS c
ORDER BY c.sites * abs(ln(greatest(1 + c.change, 0.01))) DESC NULLS LAST, c.starts_at
LIMIT :limit;
