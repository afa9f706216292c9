-- A load that brings months of their own fills each one's table beside traffic, indexes it, and lets it in whole: row by row through the
-- index of the table that readers see, the same takes three times as long.
CREATE FUNCTION dayahead.stage_month(day date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', day::timestamp)::date;
    staged text := format('traffic_%s_next', to_char(first, 'YYYY_MM'));
BEGIN
    IF dayahead.has_table(format('traffic_%s', to_char(first, 'YYYY_MM'))) THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'CREATE TABLE dayahead.%I (LIKE dayahead.traffic INCLUDING ALL EXCLUDING INDEXES, CONSTRAINT one_month CHECK (ts >= %L AND ts < %L))',
        staged, first || ' 00:00+00', (first + interval '1 month')::date || ' 00:00+00'
    );
    RETURN staged;
END
$$;

COMMENT ON FUNCTION dayahead.stage_month(date) IS
'Makes an empty table for a month of traffic that has none yet, for the loader to fill in the same transaction, and returns its name; NULL
where the month has a table. Runs as its caller, who must own traffic.';
REVOKE EXECUTE ON FUNCTION dayahead.stage_month(date) FROM PUBLIC;

CREATE FUNCTION dayahead.index_month(day date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    staged text := format('traffic_%s_next', to_char(day, 'YYYY_MM'));
BEGIN
    EXECUTE format('ALTER TABLE dayahead.%I ADD CONSTRAINT %I PRIMARY KEY (site, ts)', staged, staged || '_pkey');
    EXECUTE format('ANALYZE dayahead.%I', staged);
END
$$;

COMMENT ON FUNCTION dayahead.index_month(date) IS
'Gives the table that stage_month made its primary key and its statistics, once it is filled.';
REVOKE EXECUTE ON FUNCTION dayahead.index_month(date) FROM PUBLIC;

CREATE FUNCTION dayahead.attach_month(day date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', day::timestamp)::date;
    month_table text := format('traffic_%s', to_char(first, 'YYYY_MM'));
    staged text := format('%s_next', month_table);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dayahead.partitions', 0));
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

COMMENT ON FUNCTION dayahead.attach_month(date) IS
'Lets the filled and indexed table of a month in, and tells whether it could: not where the month has got a table meanwhile. Then its
rows are gone and are for the loader to insert. Commit soon: others who need a partition wait.';
REVOKE EXECUTE ON FUNCTION dayahead.attach_month(date) FROM PUBLIC;
