DROP VIEW IF EXISTS dayahead.absent_sites, dayahead.capacity_risk, dayahead.next_day_peaks, dayahead.next_day_totals, dayahead.next_day_total_peaks;
DROP VIEW IF EXISTS dayahead.site_outlook;
DROP TABLE dayahead.total_volumes, dayahead.total_peaks, dayahead.totals, dayahead.risks, dayahead.volumes;
ALTER TABLE dayahead.peaks DROP COLUMN hour_probability;
ALTER INDEX dayahead.peaks_pkey RENAME TO forecast_peaks_pkey;
ALTER TABLE dayahead.peaks RENAME TO forecast_peaks;
