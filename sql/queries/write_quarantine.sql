INSERT INTO dayahead.quarantine (site, ts, reason, payload, run_id)
SELECT r.site, r.ts, r.reason, r.payload, %(run_id)s
FROM unnest(%(site)s::text[], %(ts)s::timestamptz[], %(reason)s::text[], %(payload)s::jsonb[]) AS r (site, ts, reason, payload)
ON CONFLICT (digest) DO NOTHING;
