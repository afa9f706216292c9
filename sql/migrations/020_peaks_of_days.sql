COMMENT ON TABLE dayahead.forecast_peaks IS
'One row per (target_day, role, site) of forecasts, written with them in the same transaction and replaced with them: quantiles of the day''s
peak, from whole-day paths. Days published before revision 020 hold the largest value of each step''s quantile, which lies too low.';
COMMENT ON COLUMN dayahead.forecast_peaks.q50 IS
'Median of the day''s largest reading; q05 … q95 likewise. P(any reading of the day > x) is read off them.';
