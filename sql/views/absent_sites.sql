CREATE OR REPLACE VIEW dayahead.absent_sites AS
SELECT
    s.site, dayahead.usable_zone(s.timezone) AS timezone, s.capacity, s.labels, r.last_reading,
    CASE
        WHEN s.retired_at <= now() THEN 'retired'
        WHEN r.last_reading IS NULL AND q.reason IS NULL THEN 'no readings'
        WHEN q.reason IS NOT NULL AND (r.last_reading IS NULL OR r.last_reading >= p.cutoff - make_interval(days => 2)) THEN 'quarantined: ' || q.reason
        WHEN r.last_reading < p.cutoff - make_interval(days => 2) THEN 'silent'
        ELSE 'not in the last run'
    END || CASE WHEN dayahead.usable_zone(s.timezone) <> s.timezone THEN '; its zone ' || s.timezone || ' is none' ELSE '' END AS reason
FROM dayahead.sites AS s
CROSS JOIN (SELECT max(d.cutoff) AS cutoff FROM dayahead.publications AS d WHERE d.role = 'champion') AS p
LEFT JOIN LATERAL (
    SELECT t.ts AS last_reading FROM dayahead.traffic AS t
    WHERE t.site = s.site
    ORDER BY t.ts DESC
    LIMIT 1
) AS r ON TRUE
LEFT JOIN LATERAL (
    SELECT w.reason FROM dayahead.quarantine AS w
    WHERE w.site = s.site AND w.ts >= p.cutoff - make_interval(days => 2)
    ORDER BY w.ts DESC
    LIMIT 1
) AS q ON TRUE
WHERE NOT EXISTS (SELECT FROM dayahead.site_outlook AS o WHERE o.site = s.site)
UNION ALL
SELECT DISTINCT ON (w.site)
    w.site, 'UTC' AS timezone, NULL::double precision AS capacity, '{}'::jsonb AS labels, NULL::timestamptz AS last_reading,
    'unknown: ' || w.reason AS reason
FROM dayahead.quarantine AS w
WHERE
    w.site <> '' AND w.quarantined_at > now() - make_interval(days => 7)
    AND NOT EXISTS (SELECT FROM dayahead.sites AS s WHERE s.site = w.site);

COMMENT ON VIEW dayahead.absent_sites IS
'One row per site that the latest run did not forecast, and why: retired, no readings, silent since last_reading, quarantined, not in the last run
(its readings began since), or unknown: named by readings of the last week alone. A zone that is none is named as well; timezone is
then UTC.';
