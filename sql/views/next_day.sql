CREATE OR REPLACE VIEW dayahead.next_day AS
SELECT f.site, f.ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, f.target_day, f.model_version, f.degradation, f.published_at
FROM dayahead.forecasts AS f
WHERE
    f.role = 'champion'
    AND f.target_day >= (SELECT p.first_day FROM dayahead.publications AS p WHERE p.role = 'champion' ORDER BY p.cutoff DESC LIMIT 1)
    AND f.cutoff >= (SELECT max(p.cutoff) FROM dayahead.publications AS p WHERE p.role = 'champion');

COMMENT ON VIEW dayahead.next_day IS
'One row per (site, ts) of what the latest run forecast, and nothing else: zones apart by a day stand side by side, a site that this run did
not forecast (silent, retired, deleted) is absent.';
