-- Sites with a reading in a span, also under a name that they had before.
SELECT s.site, s.timezone FROM dayahead.sites AS s
WHERE
    (s.retired_at IS NULL OR s.retired_at > :cutoff)
    AND (
        EXISTS (SELECT FROM dayahead.traffic AS t WHERE t.site = s.site AND t.ts >= :since AND t.ts < :cutoff)
        OR EXISTS (
            SELECT FROM dayahead.site_aliases AS a INNER JOIN dayahead.traffic AS t ON t.site = a.alias
            WHERE a.site = s.site AND t.ts >= :since AND t.ts < :cutoff
        )
    );
