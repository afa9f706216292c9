DROP VIEW IF EXISTS dayahead.accuracy_by_day;
ALTER TABLE dayahead.scores DROP COLUMN wape_seasonal_naive_day, DROP COLUMN wape_seasonal_naive_week, DROP COLUMN wape_seasonal_naive_mean;
