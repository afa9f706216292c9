CREATE FUNCTION dayahead.ensure_partition(parent text, day date) RETURNS void
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
    PERFORM pg_advisory_xact_lock(hashtextextended('dayahead.partitions', 0));
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

COMMENT ON FUNCTION dayahead.ensure_partition(text, date) IS
'Makes the monthly partition of traffic, forecasts or attention that holds a day, where it is missing; safe when two ask at once.
Runs as its owner, so that the writer of forecasts need not own the table. Commit soon: others who need a partition wait.';
REVOKE EXECUTE ON FUNCTION dayahead.ensure_partition(text, date) FROM PUBLIC;
