DROP VIEW IF EXISTS dayahead.billing_p95;
DROP TABLE dayahead.total_billing, dayahead.billing;
