-- Covariates of the future: weather, bookings, scheduled transfers.
CREATE TABLE dayahead.planned (
    site text COLLATE "C",
    labels jsonb CONSTRAINT planned_labels CHECK (jsonb_typeof(labels) = 'object' AND labels <> '{}'),
    ts timestamptz NOT NULL,
    name text COLLATE "C" NOT NULL CONSTRAINT planned_name CHECK (name ~ '^[[:alpha:]_][[:alnum:]_]*$'),
    value double precision NOT NULL CONSTRAINT planned_value CHECK (value > '-infinity' AND value < 'infinity'),
    known_from timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT planned_selector CHECK (site IS NULL OR labels IS NULL),
    CONSTRAINT planned_once UNIQUE NULLS NOT DISTINCT (name, site, labels, ts, known_from)
);

COMMENT ON TABLE dayahead.planned IS
'One row per value of a covariate that is known ahead, instant and known_from: of a site, of all sites with the labels, or of the whole fleet
where both are NULL. A day is forecast with the newest value that was known at its cutoff. Loading the same again adds no row.';
COMMENT ON COLUMN dayahead.planned.labels IS 'Labels that a site must have, the country among them, to be meant.';
COMMENT ON COLUMN dayahead.planned.ts IS 'From when on the value holds: until the next one, an hour at most.';
COMMENT ON COLUMN dayahead.planned.known_from IS 'A cutoff at or before it does not know of the value. A later one of the same instant is a newer forecast of it.';

CREATE INDEX planned_by_ts ON dayahead.planned (ts);
