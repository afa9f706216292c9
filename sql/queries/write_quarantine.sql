INSERT INTO dayahead.quarantine (site, ts, reason, payload, run_id)
SELECT r.site, r.ts, r.reason, r.payload, :run_id
FROM unnest(CAST(:site AS text[]), CAST(:ts AS timestamptz[]), CAST(:reason AS text[]), CAST(:payload AS jsonb[])) AS r (site, ts, reason, payload)
ON CONFLICT (digest) DO NOTHING;
