DROP VIEW IF EXISTS dayahead.accuracy_by_day;
ALTER TABLE dayahead.scores DROP COLUMN wape_frozen;
DROP TABLE dayahead.frozen;
