DELETE FROM dayahead.mixture WHERE target_day < :before;
