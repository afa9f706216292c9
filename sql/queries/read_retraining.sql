SELECT r.reason FROM dayahead.retrainings AS r WHERE r.target_day = %(target_day)s AND r.requested_at > now() - %(cooldown)s::interval;
