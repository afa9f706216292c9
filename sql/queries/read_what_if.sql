-- The newest question about a site's day, unless the day was forecast anew since.
SELECT supposed, asked_by, asked_at, capacity, peak, peak_if, volume, volume_if, risk, risk_if FROM dayahead.what_ifs
WHERE site = :site AND target_day = :target_day AND cutoff = :cutoff;
