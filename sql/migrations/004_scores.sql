CREATE TABLE dayahead.scores (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    model_version text NOT NULL,
    cutoff timestamptz NOT NULL,
    steps integer NOT NULL CHECK (steps > 0),
    actual_total double precision NOT NULL,
    wape double precision,
    mase double precision,
    pinball double precision NOT NULL,
    coverage50 double precision NOT NULL,
    coverage80 double precision NOT NULL,
    coverage90 double precision NOT NULL,
    bias double precision,
    scored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.scores IS
'One row per (target_day, role, site) whose day is over and has actuals. Written again only where actuals or forecast changed.';
COMMENT ON COLUMN dayahead.scores.steps IS 'Readings compared; steps without an actual count nowhere.';
COMMENT ON COLUMN dayahead.scores.actual_total IS 'Sum of the actuals compared: tells whether they changed since.';
COMMENT ON COLUMN dayahead.scores.wape IS 'Sum of absolute errors of the median over sum of actuals; NULL where that sum is zero.';
COMMENT ON COLUMN dayahead.scores.mase IS 'Mean absolute error over the mean absolute change from one day to the next in the 28 days before; NULL where that is zero.';
COMMENT ON COLUMN dayahead.scores.pinball IS 'Mean pinball loss over the seven quantiles, in the unit of throughput.';
COMMENT ON COLUMN dayahead.scores.bias IS 'Sum of (median - actual) over sum of actuals: positive where too much was forecast; NULL where that sum is zero.';
