-- Whether a day was forecast only once it was over: its week says nothing of today.
SELECT coalesce(bool_and(p.published_at > p.cutoff + interval '1 day'), false)
FROM dayahead.publications AS p
WHERE p.role = 'champion' AND :target_day BETWEEN p.first_day AND p.last_day AND p.cutoff <= :cutoff;
