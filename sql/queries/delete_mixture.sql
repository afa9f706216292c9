DELETE FROM dayahead.mixture WHERE target_day = :day AND role = :role AND site <> ALL(CAST(:kept AS text[]));
