SELECT snapshot, backtest_wape, profile, note FROM dayahead.champion_references WHERE model_version = :version;
