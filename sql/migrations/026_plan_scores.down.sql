DROP VIEW IF EXISTS dayahead.plan_accuracy_30d, dayahead.risk_reliability_30d;
DROP TABLE dayahead.plan_scores;
