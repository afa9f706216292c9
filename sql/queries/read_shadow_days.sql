-- Pinball loss of challenger and champion, summed over the sites and steps that both forecast at the same cutoff, one row per day.
SELECT c.target_day, sum(h.pinball * h.steps) AS challenger, sum(c.pinball * c.steps) AS champion
FROM dayahead.scores AS c
INNER JOIN dayahead.scores AS h ON h.target_day = c.target_day AND h.site = c.site AND h.cutoff = c.cutoff AND h.steps = c.steps
WHERE
    c.role = 'champion' AND c.model_version = :champion AND c.cutoff >= :since
    AND h.role = 'challenger' AND h.model_version = :challenger
GROUP BY c.target_day
ORDER BY c.target_day;
