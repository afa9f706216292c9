CREATE OR REPLACE VIEW dayahead.billing_p95 AS
SELECT
    b.site, NULL::text AS label, NULL::text AS value, 1 AS sites, b.month, b.readings, b.to_date, b.q05, b.q10, b.q25, b.q50, b.q75, b.q90, b.q95,
    b.target_day, o.cutoff
FROM dayahead.site_outlook AS o
INNER JOIN dayahead.billing AS b ON b.target_day = o.target_day AND b.role = 'champion' AND b.site = o.site
UNION ALL
SELECT
    NULL AS site, t.label, t.value, t.sites, t.month, t.readings, t.to_date, t.q05, t.q10, t.q25, t.q50, t.q75, t.q90, t.q95,
    t.target_day, t.cutoff
FROM dayahead.total_billing AS t
WHERE t.role = 'champion' AND t.cutoff = (SELECT max(p.cutoff) FROM dayahead.publications AS p WHERE p.role = 'champion');

COMMENT ON VIEW dayahead.billing_p95 IS
'One row per site, and one per label value and for the fleet (site NULL; label and value empty of the fleet) of the latest run,
where DAYAHEAD_BILLING_TIMEZONE is set: the 95th percentile of the month''s readings so far (to_date) and, as quantiles, when the month is over.';
