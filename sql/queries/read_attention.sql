SELECT past_day, band, weight FROM dayahead.attention_map
WHERE role = 'champion' AND site = :site AND target_day = :target_day
ORDER BY past_day, band;
