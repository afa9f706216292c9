-- Straight lines between the quantiles; beyond them no more is known than the outermost level.
CREATE OR REPLACE FUNCTION dayahead.exceedance(
    capacity double precision, q05 double precision, q10 double precision, q25 double precision, q50 double precision,
    q75 double precision, q90 double precision, q95 double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN capacity < q05 THEN 0.95
        WHEN capacity >= q95 THEN 0
        WHEN capacity < q10 THEN 0.95 - 0.05 * (capacity - q05) / (q10 - q05)
        WHEN capacity < q25 THEN 0.90 - 0.15 * (capacity - q10) / (q25 - q10)
        WHEN capacity < q50 THEN 0.75 - 0.25 * (capacity - q25) / (q50 - q25)
        WHEN capacity < q75 THEN 0.50 - 0.25 * (capacity - q50) / (q75 - q50)
        WHEN capacity < q90 THEN 0.25 - 0.15 * (capacity - q75) / (q90 - q75)
        WHEN capacity < q95 THEN 0.10 - 0.05 * (capacity - q90) / (q95 - q90)
    END
$$;

COMMENT ON FUNCTION dayahead.exceedance(
    double precision, double precision, double precision, double precision, double precision, double precision, double precision,
    double precision
) IS 'P(throughput > capacity) by the forecast quantiles; NULL where capacity is NULL.';
