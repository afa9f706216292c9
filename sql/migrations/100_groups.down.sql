DO $$
BEGIN
    IF EXISTS (SELECT FROM dayahead.promotions WHERE site_group <> '')
        OR EXISTS (SELECT FROM dayahead.retrainings WHERE site_group <> '')
        OR EXISTS (SELECT FROM dayahead.drift WHERE site_group <> '')
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = '100 is not undone: decisions about champions of groups would be lost';
    END IF;
END
$$;
DROP VIEW dayahead.model_decisions;
ALTER TABLE dayahead.retrainings DROP CONSTRAINT retrainings_pkey, ADD PRIMARY KEY (target_day);
ALTER TABLE dayahead.drift DROP CONSTRAINT drift_pkey, ADD PRIMARY KEY (target_day, feature);
ALTER TABLE dayahead.promotions DROP COLUMN site_group;
ALTER TABLE dayahead.retrainings DROP COLUMN site_group;
ALTER TABLE dayahead.drift DROP COLUMN site_group;
COMMENT ON TABLE dayahead.retrainings IS
'One row per training that monitoring asked for, with the reason; none within the cool-down after another.';
COMMENT ON TABLE dayahead.drift IS
'One row per (target_day, feature): how far the seven days before the cutoff lie from what the champion was trained on.';
COMMENT ON COLUMN dayahead.forecasts.degradation IS
'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';
