INSERT INTO dayahead.forecast_peaks AS old ({columns})
SELECT {columns} FROM staged_forecast_peaks
ON CONFLICT (target_day, role, site) DO UPDATE SET {assignments}, published_at = excluded.published_at
WHERE ({old_values}) IS DISTINCT FROM ({new_values});
