CREATE TABLE dayahead.forecast_peaks (
    target_day date NOT NULL,
    role text COLLATE "C" NOT NULL,
    site text COLLATE "C" NOT NULL,
    peak_at timestamptz NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamptz NOT NULL,
    model_version text NOT NULL,
    degradation text NOT NULL,
    run_id text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (target_day, role, site)
);

COMMENT ON TABLE dayahead.forecast_peaks IS
'One row per (target_day, role, site) of forecasts, written with them in the same transaction: a fleet of thousands is listed and sorted
without reading a million rows.';
COMMENT ON COLUMN dayahead.forecast_peaks.peak_at IS 'First instant at which the median is largest.';
COMMENT ON COLUMN dayahead.forecast_peaks.q50 IS
'Largest median of the day; q05 … q95 are each the largest of the day. The largest P(throughput > x) of any step lies at level p exactly
where this row''s quantile p is x: the maximum over steps may be taken quantile by quantile.';

INSERT INTO dayahead.forecast_peaks (
    target_day, role, site, peak_at, q05, q10, q25, q50, q75, q90, q95, cutoff, model_version, degradation, run_id, published_at
)
SELECT
    target_day, role, site, (array_agg(ts ORDER BY q50 DESC, ts))[1],
    max(q05), max(q10), max(q25), max(q50), max(q75), max(q90), max(q95),
    max(cutoff), max(model_version), max(degradation), max(run_id), max(published_at)
FROM dayahead.forecasts
GROUP BY target_day, role, site;
