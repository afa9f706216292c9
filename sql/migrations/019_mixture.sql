CREATE TABLE dayahead.mixture (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    expert text NOT NULL,
    share double precision NOT NULL CHECK (share BETWEEN 0 AND 1),
    level double precision NOT NULL CHECK (level > 0),
    PRIMARY KEY (target_day, role, site, expert)
);

COMMENT ON TABLE dayahead.mixture IS
'One row per (target_day, role, site, expert) of a forecast that learns every day: what it was mixed from. A rerun replaces the rows of the
sites that it forecast, in the transaction that writes forecasts. Experts below a share of .0005 have no row; a site that the last rung
answered has none at all.';
COMMENT ON COLUMN dayahead.mixture.share IS 'Share of the expert, mean over quantiles; about 1 in all per site and day.';
COMMENT ON COLUMN dayahead.mixture.level IS 'Factor by which the expert''s copy was moved, mean over the day; 1 for an expert that is no copy.';
