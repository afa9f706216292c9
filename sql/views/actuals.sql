-- No cast of site: a user's own view may give it another type or collation, and its index should serve.
CREATE OR REPLACE VIEW dayahead.actuals AS
SELECT t.site, t.ts, t.throughput::double precision AS throughput
FROM dayahead.traffic AS t;

COMMENT ON VIEW dayahead.actuals IS 'One row per reading (site, ts), without covariates.';
