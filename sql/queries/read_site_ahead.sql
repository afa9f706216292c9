SELECT coalesce(f.ts, t.ts) AS ts, f.q05, f.q10, f.q25, f.q50, f.q75, f.q90, f.q95, t.throughput AS actual
FROM (SELECT * FROM dayahead.next_day WHERE site = :site) AS f
FULL JOIN (
    SELECT ts, throughput
    FROM dayahead.traffic
    WHERE site = :site AND ts >= :since
) AS t ON t.ts = f.ts
ORDER BY 1;
