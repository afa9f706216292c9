-- A group of sites, such as region=west, may have a champion of its own; all that there was before is the fleet's.
ALTER TABLE dayahead.promotions ADD COLUMN site_group text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE dayahead.retrainings ADD COLUMN site_group text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE dayahead.drift ADD COLUMN site_group text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE dayahead.drift ALTER COLUMN site_group DROP DEFAULT;
ALTER TABLE dayahead.retrainings DROP CONSTRAINT retrainings_pkey, ADD PRIMARY KEY (target_day, site_group);
ALTER TABLE dayahead.drift DROP CONSTRAINT drift_pkey, ADD PRIMARY KEY (target_day, feature, site_group);

COMMENT ON COLUMN dayahead.promotions.site_group IS 'Whose champion was decided about; empty for the fleet''s.';
COMMENT ON COLUMN dayahead.retrainings.site_group IS 'That the model is for; empty for the fleet.';
COMMENT ON COLUMN dayahead.drift.site_group IS 'Of the champion; empty for the fleet''s.';
COMMENT ON TABLE dayahead.retrainings IS
'One row per training that monitoring asked for, with the reason; none of a group within the cool-down after another.';
COMMENT ON TABLE dayahead.drift IS
'One row per (target_day, feature, site_group): how far the seven days before the cutoff lie from what the champion was trained on.';
COMMENT ON COLUMN dayahead.forecasts.degradation IS
'none, previous_champion, fleet_champion or seasonal_naive: the rung of the ladder that made the row.';
