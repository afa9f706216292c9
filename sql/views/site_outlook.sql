-- The page lists it. Ask for a span of target_day: partitions that lie outside are not touched.
CREATE OR REPLACE VIEW dayahead.site_outlook AS
SELECT
    p.site, p.target_day, p.peak_at, p.q05, p.q10, p.q25, p.q50, p.q75, p.q90, p.q95,
    coalesce(dayahead.usable_zone(s.timezone), 'UTC') AS timezone,
    jsonb_strip_nulls(jsonb_build_object('country', s.country)) || coalesce(s.labels, '{}'::jsonb) AS labels,
    s.capacity,
    CASE
        WHEN r.capacity = s.capacity THEN r.day
        ELSE dayahead.exceedance(s.capacity, p.q05, p.q10, p.q25, p.q50, p.q75, p.q90, p.q95) -- entered or changed since
    END AS risk,
    p.cutoff, p.model_version, p.degradation, p.run_id, p.published_at
FROM (
    SELECT DISTINCT ON (k.site) k.*
    FROM dayahead.peaks AS k
    WHERE
        k.role = 'champion'
        AND k.target_day >= (SELECT d.first_day FROM dayahead.publications AS d WHERE d.role = 'champion' ORDER BY d.cutoff DESC LIMIT 1)
        AND k.cutoff >= (SELECT max(d.cutoff) FROM dayahead.publications AS d WHERE d.role = 'champion')
    ORDER BY k.site, k.target_day DESC
) AS p
LEFT JOIN dayahead.sites AS s ON s.site = p.site
LEFT JOIN dayahead.risks AS r ON r.target_day = p.target_day AND r.role = p.role AND r.site = p.site;

COMMENT ON VIEW dayahead.site_outlook IS
'One row per site of next_day: the quantiles of the day''s largest reading, when the median peaks, its labels with the country among them,
and risk, P(any reading of the day > capacity); NULL where the site has no capacity.';
