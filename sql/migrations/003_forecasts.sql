CREATE TABLE dayahead.forecasts (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    ts timestamptz NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamptz NOT NULL,
    model_version text NOT NULL,
    snapshot text NOT NULL,
    degradation text NOT NULL,
    run_id text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_day, role, site, ts),
    CONSTRAINT quantiles_ascend_and_are_finite CHECK (
        '-Infinity' < q05 AND q05 <= q10 AND q10 <= q25 AND q25 <= q50 AND q50 <= q75 AND q75 <= q90 AND q90 <= q95 AND q95 < 'Infinity'
    )
) PARTITION BY RANGE (target_day);

COMMENT ON TABLE dayahead.forecasts IS
'One row per (target_day, role, site, ts), monthly partitions. Publishing a day again replaces the rows of its sites in one transaction:
a reader sees the old day or the new one, whole.';
COMMENT ON COLUMN dayahead.forecasts.target_day IS 'Calendar day of the site''s own time zone.';
COMMENT ON COLUMN dayahead.forecasts.role IS 'champion, or challenger for a shadow forecast.';
COMMENT ON COLUMN dayahead.forecasts.q50 IS 'Median; q05 … q95 are quantiles in the unit of traffic.throughput.';
COMMENT ON COLUMN dayahead.forecasts.cutoff IS 'Instant up to which readings were known.';
COMMENT ON COLUMN dayahead.forecasts.snapshot IS 'File in the store that the forecast was made from.';
COMMENT ON COLUMN dayahead.forecasts.degradation IS 'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';

CREATE TABLE dayahead.attention (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    band smallint NOT NULL,
    past_day date NOT NULL,
    weight double precision NOT NULL CHECK (weight >= 0 AND weight < 'Infinity'),
    PRIMARY KEY (target_day, role, site, band, past_day)
) PARTITION BY RANGE (target_day);

COMMENT ON TABLE dayahead.attention IS
'One row per (target_day, role, site, band of the day, past day), monthly partitions; replaced together with the forecasts of the day.';
COMMENT ON COLUMN dayahead.attention.band IS 'Which quarter of the target day, 0 = the night.';
COMMENT ON COLUMN dayahead.attention.weight IS 'Mean over heads and steps; sums to 1 over the past days of a band.';
