CREATE OR REPLACE VIEW dayahead.forecast_mixture AS
SELECT m.target_day, m.role, m.site, m.expert, m.share, m.level
FROM dayahead.mixture AS m;

COMMENT ON VIEW dayahead.forecast_mixture IS
'One row per (target_day, role, site, expert): the share of each expert in the forecast, and the factor by which its copy was moved.';
