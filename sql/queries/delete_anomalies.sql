DELETE FROM dayahead.anomalies WHERE target_day = :target_day AND site = ANY(CAST(:sites AS text[]));
