SELECT target_day, role, model_version, run_id, degradation, count(*) AS sites
FROM dayahead.published_days
WHERE role <> 'what_if' AND target_day > CAST(:last_day AS date) - CAST(:days AS integer)
GROUP BY target_day, role, model_version, run_id, degradation
ORDER BY target_day DESC, role, sites DESC;
