SELECT expert, share, level FROM dayahead.forecast_mixture
WHERE role = 'champion' AND site = :site AND target_day = :target_day
ORDER BY share DESC, expert;
