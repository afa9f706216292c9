-- A day that is published has a table of its own per role, so that publishing fills a new one beside it and swaps the two: readers are
-- kept out for milliseconds and nothing is deleted row by row. A month that is one table, from before or merged by retention, stays so
-- and is written in place.
CREATE FUNCTION dayahead.day_table(parent text, day date) RETURNS text
LANGUAGE sql IMMUTABLE RETURN parent || '_' || to_char(day, 'YYYY_MM_DD');

COMMENT ON FUNCTION dayahead.day_table(text, date) IS 'Name of the table of a day; its roles'' tables append _role.';

CREATE FUNCTION dayahead.has_table(wanted text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
SELECT EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = 'dayahead'::regnamespace AND c.relname = wanted);
$$;

COMMENT ON FUNCTION dayahead.has_table(text) IS 'Whether the schema holds a table of this name.';

CREATE FUNCTION dayahead.ensure_day(parent text, day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    day_table text := dayahead.day_table(parent, day);
BEGIN
    IF parent NOT IN ('forecasts', 'attention') THEN
        RAISE EXCEPTION 'no day has a table of %; expected forecasts or attention', parent;
    END IF;
    IF dayahead.has_table(day_table) THEN
        RETURN true;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('dayahead.partitions', 0));
    IF dayahead.has_table(day_table) THEN
        RETURN true;
    END IF;
    IF dayahead.has_table(format('%s_%s', parent, to_char(day, 'YYYY_MM'))) THEN
        RETURN false;
    END IF;
    -- CREATE … PARTITION OF would lock readers of the parent out; ATTACH does not
    EXECUTE format('CREATE TABLE dayahead.%I (LIKE dayahead.%I INCLUDING ALL) PARTITION BY LIST (role)', day_table, parent);
    EXECUTE format(
        'ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES FROM (%L) TO (%L)', parent, day_table, day, day + 1
    );
    RETURN true;
END
$$;

COMMENT ON FUNCTION dayahead.ensure_day(text, date) IS
'Makes the table of a day of forecasts or attention where it is missing, and tells whether there is one: not where the month is one table.
Runs as its owner, so that the writer need not own the table. Commit soon: others who need a partition wait.';

CREATE FUNCTION dayahead.stage_day(parent text, day date, role text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    staged text := format('%s_%s_next', dayahead.day_table(parent, day), role);
BEGIN
    IF parent NOT IN ('forecasts', 'attention') OR role !~ '^[a-z][a-z0-9_]{0,23}$' THEN
        RAISE EXCEPTION 'cannot stage % of role %; expected forecasts or attention, and a role of small letters', parent, role;
    END IF;
    EXECUTE format('DROP TABLE IF EXISTS dayahead.%I', staged);
    EXECUTE format(
        'CREATE TABLE dayahead.%I (LIKE dayahead.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
            CONSTRAINT one_slice CHECK (target_day >= %L AND target_day < %L AND role = %L))', staged, parent, day, day + 1, role
    );
    EXECUTE format('GRANT SELECT, INSERT ON dayahead.%I TO dayahead_writer', staged);
    RETURN staged;
END
$$;

COMMENT ON FUNCTION dayahead.stage_day(text, date, text) IS
'Makes an empty table beside a day''s own, for the writer to fill in the same transaction, and returns its name.';

CREATE FUNCTION dayahead.let_go(day_table text, leaf text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '40ms' AS $$
BEGIN
    FOR attempt IN 1 .. 12 LOOP
        BEGIN
            EXECUTE format('LOCK TABLE ONLY dayahead.%I IN ACCESS EXCLUSIVE MODE', day_table);
            EXECUTE format('LOCK TABLE ONLY dayahead.%I IN ACCESS EXCLUSIVE MODE', leaf);
            RETURN true;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.04 * attempt);
        END;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION dayahead.let_go(text, text) IS
'Locks readers of a day out, and tells whether they let go of it: a reader in the middle of a query is waited for in short turns, about
four seconds in all, so that nobody who comes after waits longer than one turn.';
REVOKE EXECUTE ON FUNCTION dayahead.let_go(text, text) FROM PUBLIC;

CREATE FUNCTION dayahead.index_day(parent text, day date, role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    staged text := format('%s_%s_next', dayahead.day_table(parent, day), role);
    key text;
BEGIN
    SELECT pg_get_constraintdef(c.oid) INTO STRICT key
    FROM pg_constraint AS c WHERE c.conrelid = format('dayahead.%I', parent)::regclass AND c.contype = 'p';
    EXECUTE format('ALTER TABLE dayahead.%I ADD CONSTRAINT %I %s', staged, staged || '_pkey', key);
    EXECUTE format('ANALYZE dayahead.%I', staged);
END
$$;

COMMENT ON FUNCTION dayahead.index_day(text, date, text) IS 'Gives the staged table its primary key: what takes time is done before anybody is locked out.';

CREATE FUNCTION dayahead.swap_day(parent text, day date, role text, said text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    day_table text := dayahead.day_table(parent, day);
    leaf text := format('%s_%s', day_table, role);
    staged text := format('%s_next', leaf);
BEGIN
    IF NOT dayahead.has_table(day_table) OR (dayahead.has_table(leaf) AND NOT dayahead.let_go(day_table, leaf)) THEN
        RETURN false;
    END IF;
    PERFORM set_config('idle_in_transaction_session_timeout', '5s', true); -- a client that hangs now locks readers out no longer
    IF dayahead.has_table(leaf) THEN
        EXECUTE format('ALTER TABLE dayahead.%I DETACH PARTITION dayahead.%I', day_table, leaf);
        EXECUTE format('DROP TABLE dayahead.%I', leaf);
    END IF;
    EXECUTE format('ALTER TABLE dayahead.%I RENAME CONSTRAINT %I TO %I', staged, staged || '_pkey', leaf || '_pkey');
    EXECUTE format('ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES IN (%L)', day_table, staged, role);
    EXECUTE format('ALTER TABLE dayahead.%I DROP CONSTRAINT one_slice', staged);
    EXECUTE format('ALTER TABLE dayahead.%I RENAME TO %I', staged, leaf);
    EXECUTE format('REVOKE ALL ON dayahead.%I FROM dayahead_writer', leaf);
    EXECUTE format('COMMENT ON TABLE dayahead.%I IS %L', leaf, said || ' ' || pg_current_xact_id()::xid);
    RETURN true;
END
$$;

COMMENT ON FUNCTION dayahead.swap_day(text, date, text, text) IS
'Puts the staged, indexed table in the place of the day''s own for a role, and tells whether it could: not where the month is one table, and
not while a reader holds on to the day. Then the staged rows are for the writer to bring over one by one. The table''s comment becomes what
the writer says of it and the transaction that wrote it, so that the next publication can tell whether it would change anything. Commit at
once: readers of the day wait.';

CREATE FUNCTION dayahead.drop_staged(parent text, day date, role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS dayahead.%I', format('%s_%s_next', dayahead.day_table(parent, day), role));
END
$$;

COMMENT ON FUNCTION dayahead.drop_staged(text, date, text) IS 'Drops what stage_day made.';

REVOKE EXECUTE ON FUNCTION dayahead.ensure_day(text, date) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dayahead.stage_day(text, date, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dayahead.index_day(text, date, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dayahead.swap_day(text, date, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION dayahead.drop_staged(text, date, text) FROM PUBLIC;

COMMENT ON TABLE dayahead.forecasts IS
'One row per (target_day, role, site, ts), a table per day and role. Publishing a day again replaces the rows of its sites in one
transaction: a reader sees the old day or the new one, whole. Publishing the same again writes nothing.';
COMMENT ON TABLE dayahead.attention IS
'One row per (target_day, role, site, band of the day, past day), a table per day and role; replaced together with the forecasts of the day.';
