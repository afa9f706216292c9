-- Airflow's connections that alerts leave through, on its own database; what is secret is encrypted.
SELECT
    c.conn_id, c.password, c.extra, c.is_encrypted, c.is_extra_encrypted,
    jsonb_build_object('conn_type', c.conn_type, 'host', c.host, 'schema', c.schema, 'login', c.login, 'port', c.port) AS rest
FROM connection AS c
WHERE c.conn_id IN ('dayahead_smtp', 'dayahead_webhook');
