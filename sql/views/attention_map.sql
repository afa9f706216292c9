CREATE OR REPLACE VIEW dayahead.attention_map AS
SELECT a.target_day, a.role, a.site, a.band, a.past_day, a.weight
FROM dayahead.attention AS a;

COMMENT ON VIEW dayahead.attention_map IS
'One row per (target_day, role, site, quarter of the day, past day): how much of the attention fell on that day; 1 in all per quarter.';
