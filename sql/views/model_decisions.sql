CREATE OR REPLACE VIEW dayahead.model_decisions AS
SELECT p.id, p.decided_at, p.version, p.previous, p.decision, p.decided_by, p.reason, p.site_group
FROM dayahead.promotions AS p;

COMMENT ON VIEW dayahead.model_decisions IS 'One row per decision about a model version, the latest has the largest id.';
