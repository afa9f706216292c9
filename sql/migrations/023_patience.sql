-- What drops or merges tables waits for readers and publishers in short turns, for minutes where need be, and locks all that it takes at once.
CREATE FUNCTION dayahead.let_go(tables text[], patience interval) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until timestamptz := clock_timestamp() + patience;
BEGIN
    LOOP
        IF dayahead.let_go(tables) THEN
            RETURN true;
        END IF;
        IF clock_timestamp() >= until THEN
            RETURN false;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION dayahead.let_go(text[], interval) IS 'As let_go, again and again: for work that nobody waits for.';
REVOKE EXECUTE ON FUNCTION dayahead.let_go(text[], interval) FROM PUBLIC;

CREATE FUNCTION dayahead.tables_below(parent text, beginning text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
SELECT coalesce(array_agg(leaf.relname::text ORDER BY below.level, leaf.relname), '{}')
FROM pg_inherits AS i
INNER JOIN pg_class AS c ON c.oid = i.inhrelid
CROSS JOIN LATERAL pg_partition_tree(i.inhrelid) AS below
INNER JOIN pg_class AS leaf ON leaf.oid = below.relid
WHERE i.inhparent = format('dayahead.%I', parent)::regclass AND starts_with(c.relname, beginning);
$$;

COMMENT ON FUNCTION dayahead.tables_below(text, text) IS 'The tables right below a partitioned one whose names begin so, and what is below these.';

CREATE FUNCTION dayahead.drop_partition(parent text, name text, patience interval) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT dayahead.let_go(ARRAY[parent] || dayahead.tables_below(parent, name), patience) THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE dayahead.%I', name);
    RETURN true;
END
$$;

COMMENT ON FUNCTION dayahead.drop_partition(text, text, interval) IS
'Drops a table of days or months, and tells whether readers let go of it. Runs as its caller, who must own the tables.';
REVOKE EXECUTE ON FUNCTION dayahead.drop_partition(text, text, interval) FROM PUBLIC;

CREATE FUNCTION dayahead.merge_month(parent text, month date, patience interval) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month::timestamp)::date;
    next date := (first + interval '1 month')::date;
    merged text := format('%s_%s', parent, to_char(first, 'YYYY_MM'));
    key text;
    day_table text;
BEGIN
    PERFORM dayahead.take('partitions');
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
    IF NOT dayahead.let_go(ARRAY[parent] || dayahead.tables_below(parent, merged || '_'), patience) THEN
        EXECUTE format('DROP TABLE dayahead.%I', merged);
        RETURN false;
    END IF;
    FOR day_table IN
        SELECT i.inhrelid::regclass::text FROM pg_inherits AS i INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = format('dayahead.%I', parent)::regclass AND c.relname LIKE merged || '\_%'
    LOOP
        EXECUTE format('DROP TABLE %s', day_table);
    END LOOP;
    EXECUTE format('ALTER TABLE dayahead.%I ATTACH PARTITION dayahead.%I FOR VALUES FROM (%L) TO (%L)', parent, merged, first, next);
    EXECUTE format('ALTER TABLE dayahead.%I DROP CONSTRAINT one_month', merged);
    RETURN true;
END
$$;

COMMENT ON FUNCTION dayahead.merge_month(text, date, interval) IS
'Makes one table of the days of a month that is over, and tells whether readers let go of them: the number of tables, which every query over
the past must lock, stays small. Readers are locked out for moments; publishers of these days wait. Runs as its caller, who must own the
tables.';
REVOKE EXECUTE ON FUNCTION dayahead.merge_month(text, date, interval) FROM PUBLIC;
DROP FUNCTION dayahead.merge_month(text, date);
