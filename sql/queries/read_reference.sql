SELECT snapshot, backtest_wape, profile, note, trained_until FROM dayahead.champion_references WHERE model_version = :version;
