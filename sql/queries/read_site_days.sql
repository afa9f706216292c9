SELECT * FROM dayahead.published_days
WHERE role = 'champion' AND site = %(site)s AND target_day BETWEEN %(first_day)s AND %(last_day)s
ORDER BY target_day DESC;
