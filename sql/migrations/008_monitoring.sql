CREATE TABLE dayahead.scores_by_hour (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    steps smallint[] NOT NULL,
    actual real[] NOT NULL,
    absolute real[] NOT NULL,
    signed real[] NOT NULL,
    inside80 smallint[] NOT NULL,
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.scores_by_hour IS
'One row per row of scores, with sums by lead time: element h (from 1) is the h-th hour of the target day; a day of 25 hours has 25 of them.';
COMMENT ON COLUMN dayahead.scores_by_hour.steps IS 'Readings compared.';
COMMENT ON COLUMN dayahead.scores_by_hour.actual IS 'Sum of the actuals.';
COMMENT ON COLUMN dayahead.scores_by_hour.absolute IS 'Sum of |median - actual|: over the sum of actuals it is the WAPE of the hour.';
COMMENT ON COLUMN dayahead.scores_by_hour.signed IS 'Sum of (median - actual): over the sum of actuals it is the bias of the hour.';
COMMENT ON COLUMN dayahead.scores_by_hour.inside80 IS 'Readings inside q10 … q90.';

CREATE TABLE dayahead.completeness (
    target_day date NOT NULL,
    site text COLLATE "C" NOT NULL,
    expected integer NOT NULL CHECK (expected > 0),
    readings integer NOT NULL CHECK (readings BETWEEN 0 AND expected),
    last_reading timestamptz,
    PRIMARY KEY (target_day, site)
);

COMMENT ON TABLE dayahead.completeness IS
'One row per (target_day, site) that got a forecast and is over: how much of the day arrived. Written again where late readings changed it.';
COMMENT ON COLUMN dayahead.completeness.expected IS 'Steps of the day, as forecast: 23, 24 or 25 hours of them.';
COMMENT ON COLUMN dayahead.completeness.last_reading IS 'Latest reading of the day; NULL where none came.';

CREATE TABLE dayahead.anomalies (
    target_day date NOT NULL,
    site text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    direction text NOT NULL CHECK (direction IN ('above', 'below')),
    steps integer NOT NULL CHECK (steps > 0),
    actual double precision NOT NULL,
    expected double precision NOT NULL,
    excess double precision NOT NULL CHECK (excess > 0),
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_day, site, starts_at),
    CHECK (ends_at >= starts_at)
);

COMMENT ON TABLE dayahead.anomalies IS
'One row per run of readings that stayed outside q05 … q95 of the champion''s forecast, within one target day. The rows of a site and day
are replaced whenever its actuals or its forecast changed, so a late reading can end an anomaly that was none.';
COMMENT ON COLUMN dayahead.anomalies.ends_at IS 'Instant of the last reading outside.';
COMMENT ON COLUMN dayahead.anomalies.actual IS 'Mean of the readings in the run; expected: mean of the median; in the unit of throughput.';
COMMENT ON COLUMN dayahead.anomalies.excess IS 'Mean distance beyond the edge of the band, in the unit of throughput.';

CREATE TABLE dayahead.champion_references (
    model_version text PRIMARY KEY,
    snapshot text NOT NULL,
    backtest_wape double precision,
    profile jsonb,
    note text,
    noted_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE dayahead.champion_references IS
'One row per version that was monitored: what it was trained on and how well it did then, noted once, so that neither MLflow nor the
snapshot is needed again.';
COMMENT ON COLUMN dayahead.champion_references.profile IS 'Distribution of every input feature in the training snapshot; NULL where that is gone.';
COMMENT ON COLUMN dayahead.champion_references.note IS 'Why the profile is missing.';

CREATE TABLE dayahead.drift (
    target_day date NOT NULL,
    feature text COLLATE "C" NOT NULL,
    psi double precision NOT NULL,
    usual double precision NOT NULL,
    site_days integer NOT NULL,
    model_version text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_day, feature)
);

COMMENT ON TABLE dayahead.drift IS
'One row per (target_day, feature): how far the seven days before the cutoff lie from what the champion was trained on.';
COMMENT ON COLUMN dayahead.drift.psi IS 'Population stability index: 0 the same, 0.1 a little, 0.25 and more another distribution.';
COMMENT ON COLUMN dayahead.drift.usual IS 'PSI that 19 of 20 weeks of the training snapshot itself stay below: season and chance.';
COMMENT ON COLUMN dayahead.drift.site_days IS 'Days of sites compared.';

CREATE TABLE dayahead.retrainings (
    target_day date PRIMARY KEY,
    model_version text NOT NULL,
    reason text NOT NULL,
    figures jsonb NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE dayahead.retrainings IS
'One row per training that monitoring asked for, with the reason; none within the cool-down after another.';

CREATE TABLE dayahead.alerts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    target_day date NOT NULL,
    subject text COLLATE "C" NOT NULL,
    message text NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    delivered text[] NOT NULL DEFAULT '{}',
    problem text DEFAULT 'not sent yet',
    UNIQUE (kind, target_day, subject)
);

COMMENT ON TABLE dayahead.alerts IS
'One row per alert: a second run of the day that finds the same says nothing. A delivery that failed is tried again by the next run.';
COMMENT ON COLUMN dayahead.alerts.delivered IS 'Channels that took the message: log, smtp, webhook.';
COMMENT ON COLUMN dayahead.alerts.problem IS 'Why a channel did not take it; NULL where all did.';
