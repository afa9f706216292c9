INSERT INTO dayahead.scores AS old ({columns})
SELECT {columns} FROM staged_scores
ON CONFLICT (target_day, role, site) DO UPDATE SET {assignments}, scored_at = excluded.scored_at
WHERE ({old_values}) IS DISTINCT FROM ({new_values});
