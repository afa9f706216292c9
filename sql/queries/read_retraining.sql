SELECT r.reason FROM dayahead.retrainings AS r
WHERE r.target_day = :target_day AND r.site_group = :site_group AND r.requested_at > now() - CAST(:cooldown AS interval);
