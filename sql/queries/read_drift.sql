SELECT d.feature, d.psi, d.usual, d.model_version, d.site_group FROM dayahead.drift AS d
WHERE d.target_day = :target_day AND d.psi > greatest(d.usual, :threshold)
ORDER BY d.site_group, d.psi DESC;
