CREATE SCHEMA IF NOT EXISTS dayahead;

CREATE TABLE IF NOT EXISTS dayahead.migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
