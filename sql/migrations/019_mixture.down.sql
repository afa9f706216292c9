DROP VIEW dayahead.forecast_mixture;
DROP TABLE dayahead.mixture;
