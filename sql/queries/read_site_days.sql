SELECT * FROM dayahead.published_days
WHERE role = 'champion' AND site = :site AND target_day BETWEEN :first_day AND :last_day
ORDER BY target_day DESC;
