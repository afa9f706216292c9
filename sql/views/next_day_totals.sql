CREATE OR REPLACE VIEW dayahead.next_day_totals AS
SELECT t.label, t.value, t.ts, t.sites, t.q05, t.q10, t.q25, t.q50, t.q75, t.q90, t.q95, t.target_day, t.cutoff
FROM dayahead.totals AS t
WHERE t.role = 'champion' AND t.cutoff = (SELECT max(p.cutoff) FROM dayahead.publications AS p WHERE p.role = 'champion');

COMMENT ON VIEW dayahead.next_day_totals IS
'One row per (label, value, ts) of the latest run: quantiles of the sum over the fleet (label and value empty) and over the sites that share a
label; sites tells how many have a forecast at the instant.';
