CREATE TABLE dayahead.billing (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    month date NOT NULL,
    readings integer NOT NULL,
    to_date double precision,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.billing IS
'One row per (target_day, role, site) of forecasts where DAYAHEAD_BILLING_TIMEZONE is set, written with them in the same transaction and replaced
with them: the 95th percentile of the month that the target day lies in, so far and at its end.';
COMMENT ON COLUMN dayahead.billing.month IS 'First day of the month, in the zone DAYAHEAD_BILLING_TIMEZONE.';
COMMENT ON COLUMN dayahead.billing.readings IS 'Of the month, before the cutoff.';
COMMENT ON COLUMN dayahead.billing.to_date IS
'Their 95th percentile: the largest 5 % left out, the largest of the others. NULL where there is none.';
COMMENT ON COLUMN dayahead.billing.q50 IS 'Median of the month''s 95th percentile when it is over.';

CREATE TABLE dayahead.total_billing (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    label text NOT NULL,
    value text NOT NULL,
    sites integer NOT NULL,
    month date NOT NULL,
    readings integer NOT NULL,
    to_date double precision,
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

COMMENT ON TABLE dayahead.total_billing IS
'One row per (target_day, role, label, value), of the groups of totals: what billing says, of the sum of the group''s readings. A site that
sends nothing counts as it was for an hour, then as nothing. Written and replaced with totals.';
COMMENT ON COLUMN dayahead.total_billing.readings IS 'Instants of the month before the cutoff.';
