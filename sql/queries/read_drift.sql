SELECT d.feature, d.psi, d.usual, d.model_version FROM dayahead.drift AS d
WHERE d.target_day = %(target_day)s AND d.psi > greatest(d.usual, %(threshold)s)
ORDER BY d.psi DESC;
