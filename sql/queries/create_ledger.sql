-- Two at once are safe: the second waits for the first, and finds what that made.
DO $$
BEGIN
    BEGIN
        CREATE SCHEMA IF NOT EXISTS dayahead;
    EXCEPTION WHEN unique_violation OR duplicate_schema THEN
        NULL;
    END;
    BEGIN
        CREATE TABLE IF NOT EXISTS dayahead.migrations (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
    EXCEPTION WHEN unique_violation OR duplicate_table THEN
        NULL;
    END;
END
$$;
