CREATE TABLE dayahead.what_ifs (
    target_day date NOT NULL,
    site text COLLATE "C" NOT NULL,
    cutoff timestamptz NOT NULL,
    supposed text NOT NULL,
    asked_by text NOT NULL,
    capacity double precision,
    peak double precision NOT NULL,
    peak_if double precision NOT NULL,
    volume double precision NOT NULL,
    volume_if double precision NOT NULL,
    risk double precision,
    risk_if double precision,
    asked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_day, site)
);

COMMENT ON TABLE dayahead.what_ifs IS
'One row per (target_day, site) of which somebody asked what if: the newest question, and what the champion''s forecast of the same cutoff
says beside it. The quantiles stand in forecasts under role what_if; nobody scores them.';
COMMENT ON COLUMN dayahead.what_ifs.supposed IS 'Events and capacity that the question supposes.';
COMMENT ON COLUMN dayahead.what_ifs.capacity IS 'That risk_if is about; NULL where the site has none.';
COMMENT ON COLUMN dayahead.what_ifs.peak IS 'Median of the day''s largest reading; peak_if the same under the question.';
COMMENT ON COLUMN dayahead.what_ifs.volume IS 'Median of the day''s volume, as in volumes.';
COMMENT ON COLUMN dayahead.what_ifs.risk IS 'P(any reading of the day above the capacity that the site has); NULL without one.';
