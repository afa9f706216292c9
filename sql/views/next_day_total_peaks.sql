CREATE OR REPLACE VIEW dayahead.next_day_total_peaks AS
SELECT
    t.label, t.value, t.sites, t.sites_at_once, t.peak_at, t.q05, t.q10, t.q25, t.q50, t.q75, t.q90, t.q95,
    v.q05 AS volume_q05, v.q50 AS volume_q50, v.q95 AS volume_q95, t.target_day, t.cutoff
FROM dayahead.total_peaks AS t
INNER JOIN dayahead.total_volumes AS v ON v.target_day = t.target_day AND v.role = t.role AND v.label = t.label AND v.value = t.value
WHERE t.role = 'champion' AND t.cutoff = (SELECT max(p.cutoff) FROM dayahead.publications AS p WHERE p.role = 'champion');

COMMENT ON VIEW dayahead.next_day_total_peaks IS
'One row per (label, value) of the latest run: quantiles of the largest sum at any instant and of the volume, of the fleet (label and value
empty) and of the sites that share a label.';
