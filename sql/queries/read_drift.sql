SELECT d.feature, d.psi, d.usual, d.model_version FROM dayahead.drift AS d
WHERE d.target_day = :target_day AND d.psi > greatest(d.usual, :threshold)
ORDER BY d.psi DESC;
