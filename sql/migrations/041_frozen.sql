CREATE TABLE dayahead.frozen (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    medians real[] NOT NULL,
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.frozen IS
'One row per (target_day, role, site) of a forecast that learns every day: the medians that the version would have said had it learnt
nothing since its training; written and replaced with mixture.';
COMMENT ON COLUMN dayahead.frozen.medians IS 'By instant of forecasts.';

ALTER TABLE dayahead.scores ADD COLUMN wape_frozen double precision;

COMMENT ON COLUMN dayahead.scores.wape_frozen IS
'WAPE of what the version would have said had it learnt nothing since its training (table frozen). NULL of a challenger, of a rung
that learns nothing, before revision 041, and where wape is.';
