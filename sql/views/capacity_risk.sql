CREATE OR REPLACE VIEW dayahead.capacity_risk AS
SELECT
    n.site, n.target_day,
    date_trunc('hour', n.ts, s.timezone) AS hour,
    s.capacity,
    max(n.q50) / s.capacity AS median_share,
    max(n.q95) / s.capacity AS q95_share,
    max(dayahead.exceedance(s.capacity, n.q05, n.q10, n.q25, n.q50, n.q75, n.q90, n.q95)) AS probability
FROM dayahead.next_day AS n
INNER JOIN (
    SELECT k.site, k.capacity, dayahead.usable_zone(k.timezone) AS timezone FROM dayahead.sites AS k WHERE k.capacity IS NOT NULL
    OFFSET 0 -- looked at once per site, not once per row
) AS s ON s.site = n.site
GROUP BY n.site, n.target_day, date_trunc('hour', n.ts, s.timezone), s.capacity;

COMMENT ON VIEW dayahead.capacity_risk IS
'One row per (site, hour) of next_day for sites with a capacity. probability: the largest P(throughput > capacity) of the hour''s steps,
interpolated between the quantiles; 0 where capacity lies above q95 (at most 0.05), 0.95 where it lies below q05 (at least 0.95).';
