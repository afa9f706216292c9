DELETE FROM dayahead.forecast_peaks WHERE target_day < :before;
