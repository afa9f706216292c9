SELECT DISTINCT site FROM dayahead.traffic
WHERE ts >= %(since)s AND ts < %(cutoff)s AND site IS NOT NULL;
