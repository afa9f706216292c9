SELECT
    o.*, n.likely_hour, n.likely_hour_probability, a.wape, a.bias, a.coverage80, a.days,
    ((o.target_day - CAST(:days AS integer))::timestamp AT TIME ZONE o.timezone) AS since,
    ((o.target_day + 1)::timestamp AT TIME ZONE o.timezone) AS until
FROM dayahead.site_outlook AS o
LEFT JOIN dayahead.next_day_peaks AS n ON n.site = o.site
LEFT JOIN dayahead.site_accuracy_30d AS a ON a.site = o.site
WHERE o.site = :site;
