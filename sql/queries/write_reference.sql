INSERT INTO dayahead.champion_references AS old (model_version, snapshot, backtest_wape, profile, note, trained_until)
VALUES (:version, :snapshot, :backtest_wape, CAST(:profile AS jsonb), :note, :trained_until)
ON CONFLICT (model_version) DO UPDATE SET trained_until = coalesce(old.trained_until, excluded.trained_until);
