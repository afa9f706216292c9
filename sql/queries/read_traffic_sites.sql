SELECT DISTINCT site FROM dayahead.traffic
WHERE ts >= :since AND ts < :cutoff AND site IS NOT NULL;
