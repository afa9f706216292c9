DELETE FROM dayahead.forecast_peaks AS p
WHERE p.target_day = :day AND p.role = :role AND p.site <> ALL(CAST(:sites AS text[])) AND p.site <> ALL(CAST(:kept AS text[]));
