CREATE FUNCTION dayahead.merge_month(parent text, month date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month::timestamp)::date;
    next date := (first + interval '1 month')::date;
    merged text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
    key text;
    day_table text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dayahead.partitions', 0));
    FOR day_table IN
        SELECT i.inhrelid::regclass::text FROM pg_inherits AS i INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('dayahead.%I', parent)::regclass AND c.relname LIKE merged || '\_%'
    LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE MODE', day_table); -- publishers of these days wait, readers do not
    END LOOP;
    SELECT pg_get_constraintdef(c.oid) INTO STRICT key
    FROM pg_constraint AS c WHERE c.conrelid = format('dayahead.%I', parent)::regclass AND c.contype = 'p';
    EXECUTE format(
        'CREATE TABLE dayahead.%I (LIKE dayahead.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
            CONSTRAINT one_month CHECK (target_day >= %L AND target_day < %L))', merged, parent, first, next
    );
    EXECUTE format(
        'INSERT INTO dayahead.%I SELECT * FROM dayahead.%I WHERE target_day >= %L AND target_day < %L ORDER BY target_day, role, site',
        merged, parent, first, next
    );
    EXECUTE format('ALTER TABLE dayahead.%I ADD CONSTRAINT %I %s', merged, merged || '_pkey', key);
    IF NOT dayahead.let_go(parent, parent) THEN
        RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = format('readers hold on to %s', parent);
    END IF;
    FOR day_table IN
        SELECT i.inhrelid::regclass::text FROM pg_inherits AS i INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('dayahead.%I', parent)::regclass AND c.relname LIKE merged || '\_%'
    LOOP
        EXECUTE format('DROP TABLE %s', day_table);
    END LOOP;
    EXECUTE format('ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES FROM (%L) TO (%L)', parent, merged, first, next);
    EXECUTE format('ALTER TABLE dayahead.%I DROP CONSTRAINT one_month', merged);
END
$$;

COMMENT ON FUNCTION dayahead.merge_month(text, date) IS
'Makes one table of the days of a month that is over: the number of tables, which every query over the past must lock, stays small. Readers
are locked out for milliseconds; publishers of these days wait. Runs as its caller, who must own the tables.';
REVOKE EXECUTE ON FUNCTION dayahead.merge_month(text, date) FROM PUBLIC;
