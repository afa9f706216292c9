SELECT starts_at, ends_at, direction, steps, actual, expected, excess FROM dayahead.recent_anomalies
WHERE site = %(site)s AND ends_at >= %(since)s
ORDER BY starts_at;
