INSERT INTO dayahead.champion_references (model_version, snapshot, backtest_wape, profile, note)
VALUES (:version, :snapshot, :backtest_wape, CAST(:profile AS jsonb), :note)
ON CONFLICT (model_version) DO NOTHING;
