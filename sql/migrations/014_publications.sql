-- Whoever works on something takes its row: an advisory lock may be taken by anybody who can connect, and would hold publications up.
CREATE TABLE dayahead.locks (subject text COLLATE "C" PRIMARY KEY);

COMMENT ON TABLE dayahead.locks IS
'One row per subject that somebody worked on, locked while one does: a day''s forecasts, a load, the making of partitions. Says nothing by itself.';

CREATE FUNCTION dayahead.take(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO dayahead.locks (subject) VALUES (wanted) ON CONFLICT DO NOTHING;
    PERFORM FROM dayahead.locks AS l WHERE l.subject = wanted FOR UPDATE;
END
$$;

COMMENT ON FUNCTION dayahead.take(text) IS
'Waits for everybody else who works on a subject, lock_timeout at most, and keeps them waiting until the transaction ends.';
REVOKE EXECUTE ON FUNCTION dayahead.take(text) FROM PUBLIC;

CREATE TABLE dayahead.publications (
    role text COLLATE "C" NOT NULL,
    cutoff timestamptz NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    sites integer NOT NULL CHECK (sites > 0),
    run_id text NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (role, cutoff),
    CHECK (last_day >= first_day)
);

COMMENT ON TABLE dayahead.publications IS
'One row per (role, cutoff) of the whole fleet: written with its forecasts, in the same transaction. Publishing the same again writes nothing,
another forecast of the same cutoff replaces the row. The latest one says what next_day holds.';
COMMENT ON COLUMN dayahead.publications.first_day IS 'Earliest target day; zones that are a day apart make it differ from last_day.';

INSERT INTO dayahead.publications (role, cutoff, first_day, last_day, sites, run_id, published_at)
SELECT p.role, p.cutoff, min(p.target_day), max(p.target_day), count(DISTINCT p.site), max(p.run_id), max(p.published_at)
FROM dayahead.forecast_peaks AS p
GROUP BY p.role, p.cutoff;

DROP FUNCTION dayahead.swap_day(text, date, text, text);

CREATE FUNCTION dayahead.let_go(tables text[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '50ms' AS $$
DECLARE
    wanted text;
    until timestamptz;
BEGIN
    FOR attempt IN 1 .. 12 LOOP
        BEGIN
            until := clock_timestamp() + interval '50 ms';
            FOREACH wanted IN ARRAY tables LOOP
                PERFORM set_config('lock_timeout', greatest(1, extract(MILLISECONDS FROM until - clock_timestamp())::integer)::text, true);
                EXECUTE format('LOCK TABLE ONLY dayahead.%I IN ACCESS EXCLUSIVE MODE', wanted);
            END LOOP;
            RETURN true;
        EXCEPTION WHEN lock_not_available THEN
            PERFORM pg_sleep(0.04 * attempt);
        END;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION dayahead.let_go(text[]) IS
'Locks readers of tables out, of all of them or of none, and tells whether they let go: a reader in the middle of a query is waited for in
short turns, about four seconds in all, so that nobody who comes after waits longer than one turn of 50 ms.';
REVOKE EXECUTE ON FUNCTION dayahead.let_go(text[]) FROM PUBLIC;

CREATE FUNCTION dayahead.swap_days(parents text[], days date[], roles text[], said text[]) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held text[] := '{}';
    day_table text;
    leaf text;
    staged text;
BEGIN
    FOR i IN 1 .. cardinality(parents) LOOP
        day_table := dayahead.day_table(parents[i], days[i]);
        leaf := format('%s_%s', day_table, roles[i]);
        IF dayahead.has_table(leaf) THEN
            held := held || day_table || leaf;
        END IF;
    END LOOP;
    IF NOT dayahead.let_go(held) THEN
        RAISE lock_not_available;
    END IF;
    PERFORM set_config('idle_in_transaction_session_timeout', '5s', true); -- a client that hangs now locks readers out no longer
    FOR i IN 1 .. cardinality(parents) LOOP
        day_table := dayahead.day_table(parents[i], days[i]);
        leaf := format('%s_%s', day_table, roles[i]);
        staged := format('%s_next', leaf);
        IF leaf = ANY(held) THEN
            EXECUTE format('ALTER TABLE dayahead.%I DETACH PARTITION dayahead.%I', day_table, leaf);
            EXECUTE format('DROP TABLE dayahead.%I', leaf);
        END IF;
        EXECUTE format('ALTER TABLE dayahead.%I RENAME CONSTRAINT %I TO %I', staged, staged || '_pkey', leaf || '_pkey');
        EXECUTE format('ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES IN (%L)', day_table, staged, roles[i]);
        EXECUTE format('ALTER TABLE dayahead.%I DROP CONSTRAINT one_slice', staged);
        EXECUTE format('ALTER TABLE dayahead.%I RENAME TO %I', staged, leaf);
        EXECUTE format('REVOKE ALL ON dayahead.%I FROM dayahead_writer', leaf);
        EXECUTE format('COMMENT ON TABLE dayahead.%I IS %L', leaf, said[i] || ' ' || pg_current_xact_id()::xid);
    END LOOP;
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR dependent_objects_still_exist THEN -- every lock is given back; a view of somebody's own may stand on a table
        RETURN false;
END
$$;

COMMENT ON FUNCTION dayahead.swap_days(text[], date[], text[], text[]) IS
'Puts staged, indexed tables in the place of the days'' own, all of them or none, and tells whether it could: not while a reader holds on to
one of them. Then no lock is left, and the staged rows are for the writer to bring over one by one. Each table''s comment becomes what the
writer says of it and the transaction that wrote it, so that the next publication can tell whether it would change anything. Commit at
once: readers of the days wait.';
REVOKE EXECUTE ON FUNCTION dayahead.swap_days(text[], date[], text[], text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION dayahead.ensure_partition(parent text, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', day::timestamp)::date;
    next date := (first + interval '1 month')::date;
    partition_name text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
BEGIN
    IF parent NOT IN ('traffic', 'forecasts', 'attention') THEN
        RAISE EXCEPTION 'no partitions are made for %; expected traffic, forecasts or attention', parent;
    END IF;
    IF to_regclass(format('dayahead.%I', partition_name)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM dayahead.take('partitions');
    -- a query of its own: to_regclass may still answer from before the wait
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = 'dayahead'::regnamespace AND c.relname = partition_name) THEN
        RETURN;
    END IF;
    -- CREATE … PARTITION OF would lock readers of the parent out; ATTACH does not
    EXECUTE format('CREATE TABLE dayahead.%I (LIKE dayahead.%I INCLUDING ALL)', partition_name, parent);
    IF parent = 'traffic' THEN
        EXECUTE format(
            'ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES FROM (%L) TO (%L)',
            parent, partition_name, first || ' 00:00+00', next || ' 00:00+00'
        );
    ELSE
        EXECUTE format(
            'ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES FROM (%L) TO (%L)', parent, partition_name, first, next
        );
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION dayahead.ensure_day(parent text, day date) RETURNS boolean
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
    PERFORM dayahead.take('partitions');
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

CREATE OR REPLACE FUNCTION dayahead.attach_month(day date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', day::timestamp)::date;
    month_table text := format('traffic_%s', to_char(first, 'YYYY_MM'));
    staged text := format('%s_next', month_table);
BEGIN
    PERFORM dayahead.take('partitions');
    IF dayahead.has_table(month_table) THEN
        EXECUTE format('DROP TABLE dayahead.%I', staged);
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE dayahead.%I RENAME CONSTRAINT %I TO %I', staged, staged || '_pkey', month_table || '_pkey');
    EXECUTE format('ALTER TABLE dayahead.%I RENAME TO %I', staged, month_table);
    EXECUTE format(
        'ALTER TABLE dayahead.traffic ATTACH PARTITION dayahead.%I FOR VALUES FROM (%L) TO (%L)',
        month_table, first || ' 00:00+00', (first + interval '1 month')::date || ' 00:00+00'
    );
    EXECUTE format('ALTER TABLE dayahead.%I DROP CONSTRAINT one_month', month_table);
    RETURN true;
END
$$;

DROP FUNCTION dayahead.let_go(text, text);
