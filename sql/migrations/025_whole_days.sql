ALTER TABLE dayahead.forecast_peaks RENAME TO peaks;
ALTER INDEX dayahead.forecast_peaks_pkey RENAME TO peaks_pkey;
ALTER TABLE dayahead.peaks ADD COLUMN hour_probability real[];

COMMENT ON COLUMN dayahead.peaks.hour_probability IS
'Probability that the peak comes in each hour since the site''s day began: 24, where the clock changes 23 or 25. NULL of a day from before
revision 025.';

CREATE TABLE dayahead.volumes (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.volumes IS
'One row per (target_day, role, site) of forecasts, written with them in the same transaction and replaced with them: quantiles of the day''s
volume, the sum of its readings times the seconds between them.';
COMMENT ON COLUMN dayahead.volumes.q50 IS
'Median; q05 … q95 are quantiles in the unit of traffic.throughput times seconds: bit/s give bits, Gbit/s gigabits; megawatts over 3600
megawatt hours.';

CREATE TABLE dayahead.risks (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    capacity double precision NOT NULL,
    starts_at timestamptz NOT NULL,
    day double precision NOT NULL,
    hours real[] NOT NULL,
    minutes real[] NOT NULL,
    hour_q50 real[] NOT NULL,
    hour_q95 real[] NOT NULL,
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.risks IS
'One row per (target_day, role, site) of forecasts whose site has a capacity, written with them in the same transaction and replaced with
them: how likely readings above the capacity are. Arrays have an element per hour since the site''s day began.';
COMMENT ON COLUMN dayahead.risks.capacity IS 'As table sites had it at the cutoff''s run.';
COMMENT ON COLUMN dayahead.risks.starts_at IS 'When the site''s day begins: the first instant of the first hour.';
COMMENT ON COLUMN dayahead.risks.day IS 'P(any reading of the day above the capacity).';
COMMENT ON COLUMN dayahead.risks.hours IS 'P(any reading of the hour above the capacity).';
COMMENT ON COLUMN dayahead.risks.minutes IS 'Expected minutes of the hour above the capacity.';
COMMENT ON COLUMN dayahead.risks.hour_q50 IS 'Median of the hour''s largest reading; hour_q95 likewise. NULL in an hour without a reading.';

CREATE TABLE dayahead.totals (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    label text NOT NULL,
    value text NOT NULL,
    ts timestamptz NOT NULL,
    sites integer NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamptz NOT NULL,
    PRIMARY KEY (target_day, role, label, value, ts)
);

COMMENT ON TABLE dayahead.totals IS
'One row per (target_day, role, label, value, ts): quantiles of the sum over all sites of the fleet (label and value empty) and over those
that share a label, the country among the labels. Written with the whole fleet''s forecasts in the same transaction and replaced with them;
a run of chosen sites leaves it alone. A label with more than 64 values has no rows.';
COMMENT ON COLUMN dayahead.totals.target_day IS 'Day of the run, in the zone of the schedule: sites of other zones have their own days.';
COMMENT ON COLUMN dayahead.totals.ts IS 'Instant on a multiple of the interval: readings stamped a minute later are added to it.';
COMMENT ON COLUMN dayahead.totals.sites IS 'Sites whose day has the instant: where zones are apart, fewer at both ends.';

CREATE TABLE dayahead.total_peaks (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    label text NOT NULL,
    value text NOT NULL,
    sites integer NOT NULL,
    sites_at_once integer NOT NULL,
    peak_at timestamptz NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamptz NOT NULL,
    PRIMARY KEY (target_day, role, label, value)
);

COMMENT ON TABLE dayahead.total_peaks IS
'One row per (target_day, role, label, value): quantiles of the largest sum at any instant, of the groups of totals; written and replaced
with them.';
COMMENT ON COLUMN dayahead.total_peaks.sites_at_once IS 'Most sites that one instant has; fewer than sites where zones lie a day apart.';
COMMENT ON COLUMN dayahead.total_peaks.peak_at IS 'First instant at which the median of the sum is largest.';

CREATE TABLE dayahead.total_volumes (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    label text NOT NULL,
    value text NOT NULL,
    sites integer NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamptz NOT NULL,
    PRIMARY KEY (target_day, role, label, value)
);

COMMENT ON TABLE dayahead.total_volumes IS
'One row per (target_day, role, label, value): quantiles of the sum of the volumes of each site''s own day, of the groups of totals, in the
unit of volumes; written and replaced with them.';
