COMMENT ON TABLE dayahead.forecast_peaks IS
'One row per (target_day, role, site) of forecasts, written with them in the same transaction: a fleet of thousands is listed and sorted
without reading a million rows.';
COMMENT ON COLUMN dayahead.forecast_peaks.q50 IS
'Largest median of the day; q05 … q95 are each the largest of the day. The largest P(throughput > x) of any step lies at level p exactly
where this row''s quantile p is x: the maximum over steps may be taken quantile by quantile.';
