CREATE TABLE dayahead.plan_scores (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    quantity text COLLATE "C" NOT NULL,
    counted integer NOT NULL,
    loss double precision,
    actual double precision,
    below50 double precision,
    inside80 double precision,
    brier double precision,
    bin_counted real[],
    bin_said real[],
    bin_came real[],
    PRIMARY KEY (target_day, role, quantity)
);

COMMENT ON TABLE dayahead.plan_scores IS
'One row per (target_day, role, quantity) that is over and has actuals: peak and volume of each site, total by instant, total_peak and
total_volume of the fleet, and risk, of each site with a capacity. Sums, so that days may be pooled. Written again where actuals changed.';
COMMENT ON COLUMN dayahead.plan_scores.counted IS 'Sites, or instants of total: those of which 95 % of the readings came.';
COMMENT ON COLUMN dayahead.plan_scores.loss IS 'Sum of the mean pinball loss over the seven quantiles; over actual it is relative. NULL of risk.';
COMMENT ON COLUMN dayahead.plan_scores.below50 IS 'Actuals at or below the median: half of them where it is one.';
COMMENT ON COLUMN dayahead.plan_scores.inside80 IS 'Actuals inside q10 … q90.';
COMMENT ON COLUMN dayahead.plan_scores.brier IS 'Sum of (risk - what came)², 1 for a day with any reading above the capacity. NULL but of risk.';
COMMENT ON COLUMN dayahead.plan_scores.bin_counted IS 'Sites by fifth of the risk that was said; bin_said sums it, bin_came counts those where it came.';
