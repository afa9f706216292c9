INSERT INTO dayahead.drift AS old (target_day, feature, psi, usual, site_days, model_version)
VALUES (:target_day, :feature, :psi, :usual, :site_days, :model_version)
ON CONFLICT (target_day, feature) DO UPDATE SET
    psi = excluded.psi, usual = excluded.usual, site_days = excluded.site_days, model_version = excluded.model_version,
    noted_at = excluded.noted_at
WHERE (old.psi, old.usual, old.site_days, old.model_version) IS DISTINCT FROM
    (excluded.psi, excluded.usual, excluded.site_days, excluded.model_version);
