SELECT max(target_day) AS last_day FROM dayahead.published_days;
