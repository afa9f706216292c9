INSERT INTO dayahead.champion_references (model_version, snapshot, backtest_wape, profile, note)
VALUES (%(version)s, %(snapshot)s, %(backtest_wape)s, %(profile)s::jsonb, %(note)s)
ON CONFLICT (model_version) DO NOTHING;
