SELECT
    o.*, n.likely_hour, n.likely_hour_probability, a.wape, a.bias, a.coverage80, a.days,
    b.month, b.to_date AS billed_to_date, b.q05 AS billed_q05, b.q50 AS billed_q50, b.q95 AS billed_q95,
    ((o.target_day - CAST(:days AS integer))::timestamp AT TIME ZONE o.timezone) AS since,
    ((o.target_day + 1)::timestamp AT TIME ZONE o.timezone) AS until
FROM dayahead.site_outlook AS o
LEFT JOIN dayahead.next_day_peaks AS n ON n.site = o.site
LEFT JOIN dayahead.site_accuracy_30d AS a ON a.site = o.site
LEFT JOIN dayahead.billing_p95 AS b ON b.site = o.site
WHERE o.site = :site;
