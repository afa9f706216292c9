SELECT past_day, band, weight FROM dayahead.attention_map
WHERE role = 'champion' AND site = %(site)s AND target_day = %(target_day)s
ORDER BY past_day, band;
