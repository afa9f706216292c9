-- A decision is written down before the alias moves, and settled once it has: whoever is killed in between leaves a row that the next
-- command finds and carries to its end.
ALTER TABLE dayahead.promotions ADD COLUMN settled_at timestamptz;
UPDATE dayahead.promotions SET settled_at = decided_at;

COMMENT ON COLUMN dayahead.promotions.settled_at IS
'When the alias champion stood where the decision wants it; NULL while it is on its way. The next command, or the next monitoring, ends that.';
COMMENT ON COLUMN dayahead.promotions.decided_by IS
'gate, timeout, shadow, a person''s name, or outside: the alias was found moved in MLflow itself.';

CREATE FUNCTION dayahead.settle(promotion bigint, moved boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF moved THEN
        UPDATE dayahead.promotions SET settled_at = now() WHERE id = promotion AND settled_at IS NULL;
    ELSE
        DELETE FROM dayahead.promotions WHERE id = promotion AND settled_at IS NULL;
    END IF;
END
$$;

COMMENT ON FUNCTION dayahead.settle(bigint, boolean) IS
'Says that the alias stands where a decision wants it, or takes the row back where it could not be moved. A settled row stays for ever.';
REVOKE EXECUTE ON FUNCTION dayahead.settle(bigint, boolean) FROM PUBLIC;
