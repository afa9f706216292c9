SELECT starts_at, ends_at, direction, steps, actual, expected, excess FROM dayahead.recent_anomalies
WHERE site = :site AND ends_at >= :since
ORDER BY starts_at;
