-- What the version before Alembic left: made by its own code, data in every table, written by pg_dump --inserts.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA dayahead;
CREATE FUNCTION dayahead.attach_month(day date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.attach_month(day date) IS 'Lets the filled and indexed table of a month in, and tells whether it could: not where the month has got a table meanwhile. Then its
rows are gone and are for the loader to insert. Commit soon: others who need a partition wait.';
CREATE FUNCTION dayahead.day_table(parent text, day date) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN ((parent || '_'::text) || to_char((day)::timestamp with time zone, 'YYYY_MM_DD'::text));
COMMENT ON FUNCTION dayahead.day_table(parent text, day date) IS 'Name of the table of a day; its roles'' tables append _role.';
CREATE FUNCTION dayahead.drop_staged(parent text, day date, role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS dayahead.%I', format('%s_%s_next', dayahead.day_table(parent, day), role));
END
$$;
COMMENT ON FUNCTION dayahead.drop_staged(parent text, day date, role text) IS 'Drops what stage_day made.';
CREATE FUNCTION dayahead.ensure_day(parent text, day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.ensure_day(parent text, day date) IS 'Makes the table of a day of forecasts or attention where it is missing, and tells whether there is one: not where the month is one table.
Runs as its owner, so that the writer need not own the table. Commit soon: others who need a partition wait.';
CREATE FUNCTION dayahead.ensure_partition(parent text, day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.ensure_partition(parent text, day date) IS 'Makes the monthly partition of traffic, forecasts or attention that holds a day, where it is missing; safe when two ask at once.
Runs as its owner, so that the writer of forecasts need not own the table. Commit soon: others who need a partition wait.';
CREATE FUNCTION dayahead.exceedance(capacity double precision, q05 double precision, q10 double precision, q25 double precision, q50 double precision, q75 double precision, q90 double precision, q95 double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN capacity < q05 THEN 0.95
        WHEN capacity >= q95 THEN 0
        WHEN capacity < q10 THEN 0.95 - 0.05 * (capacity - q05) / (q10 - q05)
        WHEN capacity < q25 THEN 0.90 - 0.15 * (capacity - q10) / (q25 - q10)
        WHEN capacity < q50 THEN 0.75 - 0.25 * (capacity - q25) / (q50 - q25)
        WHEN capacity < q75 THEN 0.50 - 0.25 * (capacity - q50) / (q75 - q50)
        WHEN capacity < q90 THEN 0.25 - 0.15 * (capacity - q75) / (q90 - q75)
        WHEN capacity < q95 THEN 0.10 - 0.05 * (capacity - q90) / (q95 - q90)
    END
$$;
COMMENT ON FUNCTION dayahead.exceedance(capacity double precision, q05 double precision, q10 double precision, q25 double precision, q50 double precision, q75 double precision, q90 double precision, q95 double precision) IS 'P(throughput > capacity) by the forecast quantiles; NULL where capacity is NULL.';
CREATE FUNCTION dayahead.has_table(wanted text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
SELECT EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = 'dayahead'::regnamespace AND c.relname = wanted);
$$;
COMMENT ON FUNCTION dayahead.has_table(wanted text) IS 'Whether the schema holds a table of this name.';
CREATE FUNCTION dayahead.index_day(parent text, day date, role text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.index_day(parent text, day date, role text) IS 'Gives the staged table its primary key: what takes time is done before anybody is locked out.';
CREATE FUNCTION dayahead.index_month(day date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    staged text := format('traffic_%s_next', to_char(day, 'YYYY_MM'));
BEGIN
    EXECUTE format('ALTER TABLE dayahead.%I ADD CONSTRAINT %I PRIMARY KEY (site, ts)', staged, staged || '_pkey');
    EXECUTE format('ANALYZE dayahead.%I', staged);
END
$$;
COMMENT ON FUNCTION dayahead.index_month(day date) IS 'Gives the table that stage_month made its primary key and its statistics, once it is filled.';
CREATE FUNCTION dayahead.let_go(day_table text, leaf text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '40ms'
    AS $$
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
COMMENT ON FUNCTION dayahead.let_go(day_table text, leaf text) IS 'Locks readers of a day out, and tells whether they let go of it: a reader in the middle of a query is waited for in short turns, about
four seconds in all, so that nobody who comes after waits longer than one turn.';
CREATE FUNCTION dayahead.merge_month(parent text, month date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.merge_month(parent text, month date) IS 'Makes one table of the days of a month that is over: the number of tables, which every query over the past must lock, stays small. Readers
are locked out for milliseconds; publishers of these days wait. Runs as its caller, who must own the tables.';
CREATE FUNCTION dayahead.stage_day(parent text, day date, role text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
$_$;
COMMENT ON FUNCTION dayahead.stage_day(parent text, day date, role text) IS 'Makes an empty table beside a day''s own, for the writer to fill in the same transaction, and returns its name.';
CREATE FUNCTION dayahead.stage_month(day date) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.stage_month(day date) IS 'Makes an empty table for a month of traffic that has none yet, for the loader to fill in the same transaction, and returns its name; NULL
where the month has a table. Runs as its caller, who must own traffic.';
CREATE FUNCTION dayahead.swap_day(parent text, day date, role text, said text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
COMMENT ON FUNCTION dayahead.swap_day(parent text, day date, role text, said text) IS 'Puts the staged, indexed table in the place of the day''s own for a role, and tells whether it could: not where the month is one table, and
not while a reader holds on to the day. Then the staged rows are for the writer to bring over one by one. The table''s comment becomes what
the writer says of it and the transaction that wrote it, so that the next publication can tell whether it would change anything. Commit at
once: readers of the day wait.';
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE dayahead.scores (
    target_day date NOT NULL,
    role text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    model_version text NOT NULL,
    cutoff timestamp with time zone NOT NULL,
    steps integer NOT NULL,
    actual_total double precision NOT NULL,
    wape double precision,
    mase double precision,
    pinball double precision NOT NULL,
    coverage50 double precision NOT NULL,
    coverage80 double precision NOT NULL,
    coverage90 double precision NOT NULL,
    bias double precision,
    scored_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT scores_steps_check CHECK ((steps > 0))
);
COMMENT ON TABLE dayahead.scores IS 'One row per (target_day, role, site) whose day is over and has actuals. Written again only where actuals or forecast changed.';
COMMENT ON COLUMN dayahead.scores.steps IS 'Readings compared; steps without an actual count nowhere.';
COMMENT ON COLUMN dayahead.scores.actual_total IS 'Sum of the actuals compared: tells whether they changed since.';
COMMENT ON COLUMN dayahead.scores.wape IS 'Sum of absolute errors of the median over sum of actuals; NULL where that sum is zero.';
COMMENT ON COLUMN dayahead.scores.mase IS 'Mean absolute error over the mean absolute change from one day to the next in the 28 days before; NULL where that is zero.';
COMMENT ON COLUMN dayahead.scores.pinball IS 'Mean pinball loss over the seven quantiles, in the unit of throughput.';
COMMENT ON COLUMN dayahead.scores.bias IS 'Sum of (median - actual) over sum of actuals: positive where too much was forecast; NULL where that sum is zero.';
CREATE VIEW dayahead.accuracy_by_day AS
 SELECT target_day,
    role,
    count(*) AS sites,
    (sum((wape * actual_total)) / NULLIF(sum(actual_total), (0)::double precision)) AS wape,
    percentile_cont((0.5)::double precision) WITHIN GROUP (ORDER BY s.mase) AS mase,
    (sum((wape * actual_total)) / NULLIF(sum(((wape * actual_total) / NULLIF(mase, (0)::double precision))), (0)::double precision)) AS over_naive,
    (sum((coverage50 * (steps)::double precision)) / (sum(steps))::double precision) AS coverage50,
    (sum((coverage80 * (steps)::double precision)) / (sum(steps))::double precision) AS coverage80,
    (sum((coverage90 * (steps)::double precision)) / (sum(steps))::double precision) AS coverage90,
    (sum((bias * actual_total)) / NULLIF(sum(actual_total), (0)::double precision)) AS bias
   FROM dayahead.scores s
  GROUP BY target_day, role;
COMMENT ON VIEW dayahead.accuracy_by_day IS 'One row per (target_day, role), the fleet pooled: WAPE, bias, coverage; mase is the median over sites; over_naive the error over that of
"as yesterday" (1 is as bad).';
CREATE TABLE dayahead.scores_by_hour (
    target_day date NOT NULL,
    role text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    steps smallint[] NOT NULL,
    actual real[] NOT NULL,
    absolute real[] NOT NULL,
    signed real[] NOT NULL,
    inside80 smallint[] NOT NULL
);
COMMENT ON TABLE dayahead.scores_by_hour IS 'One row per row of scores, with sums by lead time: element h (from 1) is the h-th hour of the target day; a day of 25 hours has 25 of them.';
COMMENT ON COLUMN dayahead.scores_by_hour.steps IS 'Readings compared.';
COMMENT ON COLUMN dayahead.scores_by_hour.actual IS 'Sum of the actuals.';
COMMENT ON COLUMN dayahead.scores_by_hour.absolute IS 'Sum of |median - actual|: over the sum of actuals it is the WAPE of the hour.';
COMMENT ON COLUMN dayahead.scores_by_hour.signed IS 'Sum of (median - actual): over the sum of actuals it is the bias of the hour.';
COMMENT ON COLUMN dayahead.scores_by_hour.inside80 IS 'Readings inside q10 … q90.';
CREATE VIEW dayahead.accuracy_by_hour AS
 SELECT h.target_day,
    h.role,
    ((lead.hour - 1))::integer AS hour,
    (sum((lead.absolute)::double precision) / NULLIF(sum((lead.actual)::double precision), (0)::double precision)) AS wape,
    (sum((lead.signed)::double precision) / NULLIF(sum((lead.actual)::double precision), (0)::double precision)) AS bias,
    ((sum(lead.inside80))::double precision / (NULLIF(sum(lead.steps), 0))::double precision) AS coverage80,
    sum(lead.steps) AS steps,
    sum((lead.actual)::double precision) AS actual_total
   FROM (dayahead.scores_by_hour h
     CROSS JOIN LATERAL UNNEST(h.steps, h.actual, h.absolute, h.signed, h.inside80) WITH ORDINALITY lead(steps, actual, absolute, signed, inside80, hour))
  GROUP BY h.target_day, h.role, lead.hour;
COMMENT ON VIEW dayahead.accuracy_by_hour IS 'One row per (target_day, role, hour of the target day from 0), the fleet pooled: accuracy by lead time. Name a span of days: it adds up every site.';
CREATE TABLE dayahead.traffic (
    site text NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone NOT NULL,
    throughput double precision NOT NULL,
    device_num double precision,
    dxcc_usage double precision,
    CONSTRAINT traffic_throughput_check CHECK (((throughput >= (0)::double precision) AND (throughput < 'Infinity'::double precision)))
)
PARTITION BY RANGE (ts);
COMMENT ON TABLE dayahead.traffic IS 'One row per (site, ts), monthly partitions that the loader makes as needed. A rerun of a load changes nothing; a corrected value replaces
the old one. A user with a table of their own renames this one and creates a view of this name (docs/data_contract.md).';
COMMENT ON COLUMN dayahead.traffic.ts IS 'Instant of the reading; a reading at the cutoff itself is not known at the cutoff.';
COMMENT ON COLUMN dayahead.traffic.throughput IS 'In the unit of the source, finite and not negative; a missing reading is a missing row.';
CREATE VIEW dayahead.actuals AS
 SELECT site,
    ts,
    throughput
   FROM dayahead.traffic t;
COMMENT ON VIEW dayahead.actuals IS 'One row per reading (site, ts), without covariates.';
CREATE TABLE dayahead.alerts (
    id bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    target_day date NOT NULL,
    subject text NOT NULL COLLATE pg_catalog."C",
    message text NOT NULL,
    raised_at timestamp with time zone DEFAULT now() NOT NULL,
    delivered text[] DEFAULT '{}'::text[] NOT NULL,
    problem text DEFAULT 'not sent yet'::text
);
COMMENT ON TABLE dayahead.alerts IS 'One row per alert: a second run of the day that finds the same says nothing. A delivery that failed is tried again by the next run.';
COMMENT ON COLUMN dayahead.alerts.delivered IS 'Channels that took the message: log, smtp, webhook.';
COMMENT ON COLUMN dayahead.alerts.problem IS 'Why a channel did not take it; NULL where all did.';
ALTER TABLE dayahead.alerts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dayahead.alerts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE dayahead.anomalies (
    target_day date NOT NULL,
    site text NOT NULL COLLATE pg_catalog."C",
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    direction text NOT NULL,
    steps integer NOT NULL,
    actual double precision NOT NULL,
    expected double precision NOT NULL,
    excess double precision NOT NULL,
    found_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT anomalies_check CHECK ((ends_at >= starts_at)),
    CONSTRAINT anomalies_direction_check CHECK ((direction = ANY (ARRAY['above'::text, 'below'::text]))),
    CONSTRAINT anomalies_excess_check CHECK ((excess > (0)::double precision)),
    CONSTRAINT anomalies_steps_check CHECK ((steps > 0))
);
COMMENT ON TABLE dayahead.anomalies IS 'One row per run of readings that stayed outside q05 … q95 of the champion''s forecast, within one target day. The rows of a site and day
are replaced whenever its actuals or its forecast changed, so a late reading can end an anomaly that was none.';
COMMENT ON COLUMN dayahead.anomalies.ends_at IS 'Instant of the last reading outside.';
COMMENT ON COLUMN dayahead.anomalies.actual IS 'Mean of the readings in the run; expected: mean of the median; in the unit of throughput.';
COMMENT ON COLUMN dayahead.anomalies.excess IS 'Mean distance beyond the edge of the band, in the unit of throughput.';
CREATE TABLE dayahead.attention (
    target_day date NOT NULL,
    role text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    band smallint NOT NULL,
    past_day date NOT NULL,
    weight double precision NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
)
PARTITION BY RANGE (target_day);
COMMENT ON TABLE dayahead.attention IS 'One row per (target_day, role, site, band of the day, past day), a table per day and role; replaced together with the forecasts of the day.';
COMMENT ON COLUMN dayahead.attention.band IS 'Which quarter of the target day, 0 = the night.';
COMMENT ON COLUMN dayahead.attention.weight IS 'Mean over heads and steps; sums to 1 over the past days of a band.';
CREATE TABLE dayahead.attention_2026_08_18 (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.attention_2026_08_18.band IS 'Which quarter of the target day, 0 = the night.';
COMMENT ON COLUMN dayahead.attention_2026_08_18.weight IS 'Mean over heads and steps; sums to 1 over the past days of a band.';
CREATE TABLE dayahead.attention_2026_08_19 (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.attention_2026_08_19.band IS 'Which quarter of the target day, 0 = the night.';
COMMENT ON COLUMN dayahead.attention_2026_08_19.weight IS 'Mean over heads and steps; sums to 1 over the past days of a band.';
CREATE TABLE dayahead.attention_2026_08_19_champion (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
);
COMMENT ON TABLE dayahead.attention_2026_08_19_champion IS 'unnamed 0 762';
CREATE TABLE dayahead.attention_2026_08_20 (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.attention_2026_08_20.band IS 'Which quarter of the target day, 0 = the night.';
COMMENT ON COLUMN dayahead.attention_2026_08_20.weight IS 'Mean over heads and steps; sums to 1 over the past days of a band.';
CREATE TABLE dayahead.attention_2026_08_20_champion (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
);
COMMENT ON TABLE dayahead.attention_2026_08_20_champion IS 'unnamed 0 763';
CREATE TABLE dayahead.attention_2026_08_21 (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.attention_2026_08_21.band IS 'Which quarter of the target day, 0 = the night.';
COMMENT ON COLUMN dayahead.attention_2026_08_21.weight IS 'Mean over heads and steps; sums to 1 over the past days of a band.';
CREATE TABLE dayahead.attention_2026_08_21_champion (
    target_day date CONSTRAINT attention_target_day_not_null NOT NULL,
    role text CONSTRAINT attention_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT attention_site_not_null NOT NULL COLLATE pg_catalog."C",
    band smallint CONSTRAINT attention_band_not_null NOT NULL,
    past_day date CONSTRAINT attention_past_day_not_null NOT NULL,
    weight double precision CONSTRAINT attention_weight_not_null NOT NULL,
    CONSTRAINT attention_weight_check CHECK (((weight >= (0)::double precision) AND (weight < 'Infinity'::double precision)))
);
COMMENT ON TABLE dayahead.attention_2026_08_21_champion IS 'unnamed 224 764';
CREATE VIEW dayahead.attention_map AS
 SELECT target_day,
    role,
    site,
    band,
    past_day,
    weight
   FROM dayahead.attention a;
COMMENT ON VIEW dayahead.attention_map IS 'One row per (target_day, role, site, quarter of the day, past day): how much of the attention fell on that day; 1 in all per quarter.';
CREATE TABLE dayahead.forecasts (
    target_day date NOT NULL,
    role text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamp with time zone NOT NULL,
    model_version text NOT NULL,
    snapshot text NOT NULL,
    degradation text NOT NULL,
    run_id text NOT NULL,
    published_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
)
PARTITION BY RANGE (target_day);
COMMENT ON TABLE dayahead.forecasts IS 'One row per (target_day, role, site, ts), a table per day and role. Publishing a day again replaces the rows of its sites in one
transaction: a reader sees the old day or the new one, whole. Publishing the same again writes nothing.';
COMMENT ON COLUMN dayahead.forecasts.target_day IS 'Calendar day of the site''s own time zone.';
COMMENT ON COLUMN dayahead.forecasts.role IS 'champion, or challenger for a shadow forecast.';
COMMENT ON COLUMN dayahead.forecasts.q50 IS 'Median; q05 … q95 are quantiles in the unit of traffic.throughput.';
COMMENT ON COLUMN dayahead.forecasts.cutoff IS 'Instant up to which readings were known.';
COMMENT ON COLUMN dayahead.forecasts.snapshot IS 'File in the store that the forecast was made from.';
COMMENT ON COLUMN dayahead.forecasts.degradation IS 'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';
CREATE VIEW dayahead.next_day AS
 SELECT site,
    ts,
    q05,
    q10,
    q25,
    q50,
    q75,
    q90,
    q95,
    target_day,
    model_version,
    degradation,
    published_at
   FROM dayahead.forecasts f
  WHERE ((role = 'champion'::text) AND (target_day >= ( SELECT (max(d.target_day) - 1)
           FROM dayahead.forecasts d
          WHERE (d.role = 'champion'::text))) AND (NOT (EXISTS ( SELECT
           FROM dayahead.forecasts later
          WHERE ((later.target_day = (f.target_day + 1)) AND (later.role = 'champion'::text) AND (later.site = f.site) AND (later.target_day >= ( SELECT max(d.target_day) AS max
                   FROM dayahead.forecasts d
                  WHERE (d.role = 'champion'::text))))))));
COMMENT ON VIEW dayahead.next_day IS 'One row per (site, ts) of the latest day that the champion forecast for the site; zones apart by a day stand side by side, a site that got
no forecast lately is absent.';
CREATE TABLE dayahead.sites (
    site text NOT NULL COLLATE pg_catalog."C",
    timezone text DEFAULT 'UTC'::text NOT NULL,
    capacity double precision,
    country text,
    labels jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT sites_capacity_check CHECK (((capacity > (0)::double precision) AND (capacity < 'Infinity'::double precision))),
    CONSTRAINT sites_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT sites_site_check CHECK ((site <> ''::text))
);
COMMENT ON TABLE dayahead.sites IS 'One row per site. A load adds the sites it meets and changes none that exist, unless --sites names them.';
COMMENT ON COLUMN dayahead.sites.timezone IS 'IANA name; its calendar day is the one being forecast.';
COMMENT ON COLUMN dayahead.sites.capacity IS 'Largest throughput the site can carry, in the unit of traffic.throughput; NULL where unknown.';
COMMENT ON COLUMN dayahead.sites.country IS 'ISO 3166 code that decides the public holidays; NULL where unknown.';
CREATE VIEW dayahead.capacity_risk AS
 SELECT n.site,
    n.target_day,
    date_trunc('hour'::text, n.ts, s.timezone) AS hour,
    s.capacity,
    (max(n.q50) / s.capacity) AS median_share,
    (max(n.q95) / s.capacity) AS q95_share,
    max(dayahead.exceedance(s.capacity, n.q05, n.q10, n.q25, n.q50, n.q75, n.q90, n.q95)) AS probability
   FROM (dayahead.next_day n
     JOIN dayahead.sites s ON ((s.site = n.site)))
  WHERE (s.capacity IS NOT NULL)
  GROUP BY n.site, n.target_day, (date_trunc('hour'::text, n.ts, s.timezone)), s.capacity;
COMMENT ON VIEW dayahead.capacity_risk IS 'One row per (site, hour) of next_day for sites with a capacity. probability: the largest P(throughput > capacity) of the hour''s steps,
interpolated between the quantiles; 0 where capacity lies above q95 (at most 0.05), 0.95 where it lies below q05 (at least 0.95).';
CREATE TABLE dayahead.champion_references (
    model_version text NOT NULL,
    snapshot text NOT NULL,
    backtest_wape double precision,
    profile jsonb,
    note text,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE dayahead.champion_references IS 'One row per version that was monitored: what it was trained on and how well it did then, noted once, so that neither MLflow nor the
snapshot is needed again.';
COMMENT ON COLUMN dayahead.champion_references.profile IS 'Distribution of every input feature in the training snapshot; NULL where that is gone.';
COMMENT ON COLUMN dayahead.champion_references.note IS 'Why the profile is missing.';
CREATE TABLE dayahead.completeness (
    target_day date NOT NULL,
    site text NOT NULL COLLATE pg_catalog."C",
    expected integer NOT NULL,
    readings integer NOT NULL,
    last_reading timestamp with time zone,
    CONSTRAINT completeness_check CHECK (((readings >= 0) AND (readings <= expected))),
    CONSTRAINT completeness_expected_check CHECK ((expected > 0))
);
COMMENT ON TABLE dayahead.completeness IS 'One row per (target_day, site) that got a forecast and is over: how much of the day arrived. Written again where late readings changed it.';
COMMENT ON COLUMN dayahead.completeness.expected IS 'Steps of the day, as forecast: 23, 24 or 25 hours of them.';
COMMENT ON COLUMN dayahead.completeness.last_reading IS 'Latest reading of the day; NULL where none came.';
CREATE VIEW dayahead.data_freshness AS
 SELECT s.site,
    c.last_reading,
    (EXTRACT(epoch FROM (n.until - c.last_reading)) / (3600)::numeric) AS hours_silent,
    c.completeness_7d,
    c.last_day
   FROM ((dayahead.sites s
     CROSS JOIN ( SELECT max(d.last_reading) AS until,
            max(d.target_day) AS last_day
           FROM dayahead.completeness d) n)
     LEFT JOIN LATERAL ( SELECT max(d.last_reading) AS last_reading,
            max(d.target_day) AS last_day,
            ((sum(d.readings) FILTER (WHERE (d.target_day > (n.last_day - 7))))::double precision / (NULLIF(sum(d.expected) FILTER (WHERE (d.target_day > (n.last_day - 7))), 0))::double precision) AS completeness_7d
           FROM dayahead.completeness d
          WHERE (d.site = s.site)) c ON (true));
COMMENT ON VIEW dayahead.data_freshness IS 'One row per site, as of the last day monitored: its last reading, how much later the fleet''s last one is, the share of the last seven
days that arrived. Empty for a site that never got a forecast.';
CREATE TABLE dayahead.drift (
    target_day date NOT NULL,
    feature text NOT NULL COLLATE pg_catalog."C",
    psi double precision NOT NULL,
    usual double precision NOT NULL,
    site_days integer NOT NULL,
    model_version text NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE dayahead.drift IS 'One row per (target_day, feature): how far the seven days before the cutoff lie from what the champion was trained on.';
COMMENT ON COLUMN dayahead.drift.psi IS 'Population stability index: 0 the same, 0.1 a little, 0.25 and more another distribution.';
COMMENT ON COLUMN dayahead.drift.usual IS 'PSI that 19 of 20 weeks of the training snapshot itself stay below: season and chance.';
COMMENT ON COLUMN dayahead.drift.site_days IS 'Days of sites compared.';
CREATE VIEW dayahead.forecast_days AS
 SELECT f.target_day,
    f.site,
    count(*) AS steps,
    round((EXTRACT(epoch FROM ((((f.target_day + 1))::timestamp without time zone AT TIME ZONE s.timezone) - ((f.target_day)::timestamp without time zone AT TIME ZONE s.timezone))) / EXTRACT(epoch FROM min(f.gap)))) AS expected_steps,
    bool_and(((f.q05 > '-Infinity'::double precision) AND (f.q95 < 'Infinity'::double precision))) AS finite,
    max(f.degradation) AS degradation,
    max(f.model_version) AS model_version,
    max(f.cutoff) AS cutoff,
    max(f.published_at) AS published_at
   FROM (( SELECT d.target_day,
            d.role,
            d.site,
            d.ts,
            d.q05,
            d.q10,
            d.q25,
            d.q50,
            d.q75,
            d.q90,
            d.q95,
            d.cutoff,
            d.model_version,
            d.snapshot,
            d.degradation,
            d.run_id,
            d.published_at,
            (d.ts - lag(d.ts) OVER (PARTITION BY d.target_day, d.site ORDER BY d.ts)) AS gap
           FROM dayahead.forecasts d
          WHERE (d.role = 'champion'::text)) f
     LEFT JOIN dayahead.sites s ON ((s.site = f.site)))
  GROUP BY f.target_day, f.site, s.timezone;
COMMENT ON VIEW dayahead.forecast_days IS 'One row per (target_day, site) of the champion''s forecasts: whole where steps = expected_steps (23, 24 or 25 hours), from which rung and
version, published when. Name a target_day: it reads every row of the days asked for.';
CREATE TABLE dayahead.forecast_peaks (
    target_day date NOT NULL,
    role text NOT NULL COLLATE pg_catalog."C",
    site text NOT NULL COLLATE pg_catalog."C",
    peak_at timestamp with time zone NOT NULL,
    q05 double precision NOT NULL,
    q10 double precision NOT NULL,
    q25 double precision NOT NULL,
    q50 double precision NOT NULL,
    q75 double precision NOT NULL,
    q90 double precision NOT NULL,
    q95 double precision NOT NULL,
    cutoff timestamp with time zone NOT NULL,
    model_version text NOT NULL,
    degradation text NOT NULL,
    run_id text NOT NULL,
    published_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE dayahead.forecast_peaks IS 'One row per (target_day, role, site) of forecasts, written with them in the same transaction: a fleet of thousands is listed and sorted
without reading a million rows.';
COMMENT ON COLUMN dayahead.forecast_peaks.peak_at IS 'First instant at which the median is largest.';
COMMENT ON COLUMN dayahead.forecast_peaks.q50 IS 'Largest median of the day; q05 … q95 are each the largest of the day. The largest P(throughput > x) of any step lies at level p exactly
where this row''s quantile p is x: the maximum over steps may be taken quantile by quantile.';
CREATE VIEW dayahead.forecast_vs_actual AS
 SELECT f.site,
    f.ts,
    f.q05,
    f.q10,
    f.q25,
    f.q50,
    f.q75,
    f.q90,
    f.q95,
    t.throughput AS actual,
    (t.throughput - f.q50) AS error,
    f.target_day,
    f.model_version,
    f.degradation
   FROM (dayahead.forecasts f
     LEFT JOIN dayahead.traffic t ON (((t.site = f.site) AND (t.ts = f.ts))))
  WHERE (f.role = 'champion'::text);
COMMENT ON VIEW dayahead.forecast_vs_actual IS 'One row per forecast (target_day, site, ts) of the champion; actual is NULL until the reading is in.';
CREATE TABLE dayahead.forecasts_2026_08_18 (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.forecasts_2026_08_18.target_day IS 'Calendar day of the site''s own time zone.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_18.role IS 'champion, or challenger for a shadow forecast.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_18.q50 IS 'Median; q05 … q95 are quantiles in the unit of traffic.throughput.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_18.cutoff IS 'Instant up to which readings were known.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_18.snapshot IS 'File in the store that the forecast was made from.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_18.degradation IS 'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';
CREATE TABLE dayahead.forecasts_2026_08_19 (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.forecasts_2026_08_19.target_day IS 'Calendar day of the site''s own time zone.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_19.role IS 'champion, or challenger for a shadow forecast.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_19.q50 IS 'Median; q05 … q95 are quantiles in the unit of traffic.throughput.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_19.cutoff IS 'Instant up to which readings were known.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_19.snapshot IS 'File in the store that the forecast was made from.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_19.degradation IS 'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';
CREATE TABLE dayahead.forecasts_2026_08_19_champion (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
);
COMMENT ON TABLE dayahead.forecasts_2026_08_19_champion IS 'unnamed 8 762';
CREATE TABLE dayahead.forecasts_2026_08_20 (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.forecasts_2026_08_20.target_day IS 'Calendar day of the site''s own time zone.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_20.role IS 'champion, or challenger for a shadow forecast.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_20.q50 IS 'Median; q05 … q95 are quantiles in the unit of traffic.throughput.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_20.cutoff IS 'Instant up to which readings were known.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_20.snapshot IS 'File in the store that the forecast was made from.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_20.degradation IS 'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';
CREATE TABLE dayahead.forecasts_2026_08_20_champion (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
);
COMMENT ON TABLE dayahead.forecasts_2026_08_20_champion IS 'unnamed 8 763';
CREATE TABLE dayahead.forecasts_2026_08_21 (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
)
PARTITION BY LIST (role);
COMMENT ON COLUMN dayahead.forecasts_2026_08_21.target_day IS 'Calendar day of the site''s own time zone.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_21.role IS 'champion, or challenger for a shadow forecast.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_21.q50 IS 'Median; q05 … q95 are quantiles in the unit of traffic.throughput.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_21.cutoff IS 'Instant up to which readings were known.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_21.snapshot IS 'File in the store that the forecast was made from.';
COMMENT ON COLUMN dayahead.forecasts_2026_08_21.degradation IS 'none, previous_champion or seasonal_naive: the rung of the ladder that made the row.';
CREATE TABLE dayahead.forecasts_2026_08_21_champion (
    target_day date CONSTRAINT forecasts_target_day_not_null NOT NULL,
    role text CONSTRAINT forecasts_role_not_null NOT NULL COLLATE pg_catalog."C",
    site text CONSTRAINT forecasts_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT forecasts_ts_not_null NOT NULL,
    q05 double precision CONSTRAINT forecasts_q05_not_null NOT NULL,
    q10 double precision CONSTRAINT forecasts_q10_not_null NOT NULL,
    q25 double precision CONSTRAINT forecasts_q25_not_null NOT NULL,
    q50 double precision CONSTRAINT forecasts_q50_not_null NOT NULL,
    q75 double precision CONSTRAINT forecasts_q75_not_null NOT NULL,
    q90 double precision CONSTRAINT forecasts_q90_not_null NOT NULL,
    q95 double precision CONSTRAINT forecasts_q95_not_null NOT NULL,
    cutoff timestamp with time zone CONSTRAINT forecasts_cutoff_not_null NOT NULL,
    model_version text CONSTRAINT forecasts_model_version_not_null NOT NULL,
    snapshot text CONSTRAINT forecasts_snapshot_not_null NOT NULL,
    degradation text CONSTRAINT forecasts_degradation_not_null NOT NULL,
    run_id text CONSTRAINT forecasts_run_id_not_null NOT NULL,
    published_at timestamp with time zone DEFAULT now() CONSTRAINT forecasts_published_at_not_null NOT NULL,
    CONSTRAINT quantiles_ascend_and_are_finite CHECK ((('-Infinity'::double precision < q05) AND (q05 <= q10) AND (q10 <= q25) AND (q25 <= q50) AND (q50 <= q75) AND (q75 <= q90) AND (q90 <= q95) AND (q95 < 'Infinity'::double precision)))
);
COMMENT ON TABLE dayahead.forecasts_2026_08_21_champion IS 'unnamed 8 764';
CREATE TABLE dayahead.migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE dayahead.migrations IS 'One row per migration that was applied; each is applied once, in the order of its number.';
CREATE TABLE dayahead.promotions (
    id bigint NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    version text NOT NULL,
    previous text,
    decision text NOT NULL,
    decided_by text NOT NULL,
    reason text NOT NULL,
    figures jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT promotions_decision_check CHECK ((decision = ANY (ARRAY['promoted'::text, 'rejected'::text, 'rolled_back'::text])))
);
COMMENT ON TABLE dayahead.promotions IS 'One row per decision about a model version; append-only. A rerun that decides the same about the same version adds none.';
COMMENT ON COLUMN dayahead.promotions.previous IS 'Champion before the decision; NULL where there was none.';
COMMENT ON COLUMN dayahead.promotions.decision IS 'promoted and rolled_back make the version champion from decided_at on; rejected leaves the champion as it was.';
CREATE VIEW dayahead.model_decisions AS
 SELECT id,
    decided_at,
    version,
    previous,
    decision,
    decided_by,
    reason
   FROM dayahead.promotions p;
COMMENT ON VIEW dayahead.model_decisions IS 'One row per decision about a model version, the latest has the largest id.';
ALTER TABLE dayahead.promotions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dayahead.promotions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW dayahead.published_days AS
 SELECT p.target_day,
    p.role,
    p.site,
    p.peak_at,
    p.q05 AS peak_q05,
    p.q50 AS peak_q50,
    p.q95 AS peak_q95,
    p.cutoff,
    p.model_version,
    p.degradation,
    p.run_id,
    p.published_at,
    s.steps,
    s.wape,
    s.mase,
    s.bias,
    s.coverage50,
    s.coverage80,
    s.coverage90
   FROM (dayahead.forecast_peaks p
     LEFT JOIN dayahead.scores s ON (((s.target_day = p.target_day) AND (s.role = p.role) AND (s.site = p.site))));
COMMENT ON VIEW dayahead.published_days IS 'One row per (target_day, role, site): the peak that was forecast, and the scores, NULL until the actuals are in.';
CREATE VIEW dayahead.published_forecasts AS
 SELECT target_day,
    role,
    site,
    ts,
    q05,
    q10,
    q25,
    q50,
    q75,
    q90,
    q95,
    cutoff,
    model_version,
    degradation,
    run_id,
    published_at
   FROM dayahead.forecasts f;
COMMENT ON VIEW dayahead.published_forecasts IS 'One row per (target_day, role, site, ts): every forecast, of champion and challenger.';
CREATE TABLE dayahead.quarantine (
    id bigint NOT NULL,
    site text COLLATE pg_catalog."C",
    ts timestamp with time zone,
    reason text NOT NULL,
    payload jsonb NOT NULL,
    run_id text NOT NULL,
    quarantined_at timestamp with time zone DEFAULT now() NOT NULL,
    digest uuid GENERATED ALWAYS AS ((md5((reason || (payload)::text)))::uuid) STORED NOT NULL
);
COMMENT ON TABLE dayahead.quarantine IS 'One row per rejected reading and reason. A rerun that meets the same row adds none: (reason, payload) is unique and the first run is kept.';
COMMENT ON COLUMN dayahead.quarantine.site IS 'As far as it could be read; NULL where not.';
COMMENT ON COLUMN dayahead.quarantine.payload IS 'The row as it came, and for a file its name and row number.';
ALTER TABLE dayahead.quarantine ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME dayahead.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW dayahead.recent_anomalies AS
 SELECT site,
    min(starts_at) AS starts_at,
    max(ends_at) AS ends_at,
    direction,
    sum(steps) AS steps,
    (sum((actual * (steps)::double precision)) / (sum(steps))::double precision) AS actual,
    (sum((expected * (steps)::double precision)) / (sum(steps))::double precision) AS expected,
    (sum((excess * (steps)::double precision)) / (sum(steps))::double precision) AS excess,
    min(target_day) AS first_day,
    max(target_day) AS last_day
   FROM ( SELECT p.target_day,
            p.site,
            p.starts_at,
            p.ends_at,
            p.direction,
            p.steps,
            p.actual,
            p.expected,
            p.excess,
            p.found_at,
            p.is_first,
            flag.begins,
            sum(flag.begins) OVER (PARTITION BY p.site, p.direction ORDER BY p.starts_at) AS episode
           FROM (( SELECT d.target_day,
                    d.site,
                    d.starts_at,
                    d.ends_at,
                    d.direction,
                    d.steps,
                    d.actual,
                    d.expected,
                    d.excess,
                    d.found_at,
                    (((d.starts_at - lag(d.ends_at) OVER pieces) > ((d.ends_at - d.starts_at) / (GREATEST((d.steps - 1), 1))::double precision)) IS NOT FALSE) AS is_first
                   FROM dayahead.anomalies d
                  WHERE (d.target_day > ( SELECT (max(m.target_day) - 30)
                           FROM dayahead.completeness m))
                  WINDOW pieces AS (PARTITION BY d.site, d.direction ORDER BY d.starts_at)) p
             CROSS JOIN LATERAL ( SELECT (p.is_first)::integer AS begins) flag)) a
  GROUP BY site, direction, episode;
COMMENT ON VIEW dayahead.recent_anomalies IS 'One row per stretch outside the band in the last 30 days; pieces that meet at midnight are one stretch. Means over its readings.';
CREATE TABLE dayahead.retrainings (
    target_day date NOT NULL,
    model_version text NOT NULL,
    reason text NOT NULL,
    figures jsonb NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE dayahead.retrainings IS 'One row per training that monitoring asked for, with the reason; none within the cool-down after another.';
CREATE VIEW dayahead.site_accuracy_30d AS
 SELECT site,
    count(*) AS days,
    (sum((wape * actual_total)) / NULLIF(sum(actual_total), (0)::double precision)) AS wape,
    avg(mase) AS mase,
    (sum((coverage80 * (steps)::double precision)) / (sum(steps))::double precision) AS coverage80,
    (sum((bias * actual_total)) / NULLIF(sum(actual_total), (0)::double precision)) AS bias,
    max(target_day) AS last_day
   FROM dayahead.scores s
  WHERE ((role = 'champion'::text) AND (target_day > ( SELECT (max(m.target_day) - 30)
           FROM dayahead.scores m
          WHERE (m.role = 'champion'::text))))
  GROUP BY site;
COMMENT ON VIEW dayahead.site_accuracy_30d IS 'One row per site over the 30 days up to the last scored one: pooled WAPE, mean MASE, coverage, bias.';
CREATE VIEW dayahead.site_outlook AS
 SELECT p.site,
    p.target_day,
    p.peak_at,
    p.q05,
    p.q10,
    p.q25,
    p.q50,
    p.q75,
    p.q90,
    p.q95,
    COALESCE(s.timezone, 'UTC'::text) AS timezone,
    (jsonb_strip_nulls(jsonb_build_object('country', s.country)) || COALESCE(s.labels, '{}'::jsonb)) AS labels,
    s.capacity,
    dayahead.exceedance(s.capacity, p.q05, p.q10, p.q25, p.q50, p.q75, p.q90, p.q95) AS risk,
    p.cutoff,
    p.model_version,
    p.degradation,
    p.run_id,
    p.published_at
   FROM (( SELECT DISTINCT ON (k.site) k.target_day,
            k.role,
            k.site,
            k.peak_at,
            k.q05,
            k.q10,
            k.q25,
            k.q50,
            k.q75,
            k.q90,
            k.q95,
            k.cutoff,
            k.model_version,
            k.degradation,
            k.run_id,
            k.published_at
           FROM dayahead.forecast_peaks k
          WHERE ((k.role = 'champion'::text) AND (k.target_day >= ( SELECT (max(d.target_day) - 1)
                   FROM dayahead.forecast_peaks d
                  WHERE (d.role = 'champion'::text))))
          ORDER BY k.site, k.target_day DESC) p
     LEFT JOIN dayahead.sites s ON ((s.site = p.site)));
COMMENT ON VIEW dayahead.site_outlook IS 'One row per site of next_day: the largest value of each quantile over the day, when the median peaks, its labels with the country among
them, and risk, the largest P(throughput > capacity) of any step; NULL where the site has no capacity.';
CREATE TABLE dayahead.traffic_2026_08 (
    site text CONSTRAINT traffic_site_not_null NOT NULL COLLATE pg_catalog."C",
    ts timestamp with time zone CONSTRAINT traffic_ts_not_null NOT NULL,
    throughput double precision CONSTRAINT traffic_throughput_not_null NOT NULL,
    device_num double precision,
    dxcc_usage double precision,
    CONSTRAINT traffic_throughput_check CHECK (((throughput >= (0)::double precision) AND (throughput < 'Infinity'::double precision)))
);
COMMENT ON COLUMN dayahead.traffic_2026_08.ts IS 'Instant of the reading; a reading at the cutoff itself is not known at the cutoff.';
COMMENT ON COLUMN dayahead.traffic_2026_08.throughput IS 'In the unit of the source, finite and not negative; a missing reading is a missing row.';
ALTER TABLE ONLY dayahead.attention ATTACH PARTITION dayahead.attention_2026_08_18 FOR VALUES FROM ('2026-08-18') TO ('2026-08-19');
ALTER TABLE ONLY dayahead.attention ATTACH PARTITION dayahead.attention_2026_08_19 FOR VALUES FROM ('2026-08-19') TO ('2026-08-20');
ALTER TABLE ONLY dayahead.attention_2026_08_19 ATTACH PARTITION dayahead.attention_2026_08_19_champion FOR VALUES IN ('champion');
ALTER TABLE ONLY dayahead.attention ATTACH PARTITION dayahead.attention_2026_08_20 FOR VALUES FROM ('2026-08-20') TO ('2026-08-21');
ALTER TABLE ONLY dayahead.attention_2026_08_20 ATTACH PARTITION dayahead.attention_2026_08_20_champion FOR VALUES IN ('champion');
ALTER TABLE ONLY dayahead.attention ATTACH PARTITION dayahead.attention_2026_08_21 FOR VALUES FROM ('2026-08-21') TO ('2026-08-22');
ALTER TABLE ONLY dayahead.attention_2026_08_21 ATTACH PARTITION dayahead.attention_2026_08_21_champion FOR VALUES IN ('champion');
ALTER TABLE ONLY dayahead.forecasts ATTACH PARTITION dayahead.forecasts_2026_08_18 FOR VALUES FROM ('2026-08-18') TO ('2026-08-19');
ALTER TABLE ONLY dayahead.forecasts ATTACH PARTITION dayahead.forecasts_2026_08_19 FOR VALUES FROM ('2026-08-19') TO ('2026-08-20');
ALTER TABLE ONLY dayahead.forecasts_2026_08_19 ATTACH PARTITION dayahead.forecasts_2026_08_19_champion FOR VALUES IN ('champion');
ALTER TABLE ONLY dayahead.forecasts ATTACH PARTITION dayahead.forecasts_2026_08_20 FOR VALUES FROM ('2026-08-20') TO ('2026-08-21');
ALTER TABLE ONLY dayahead.forecasts_2026_08_20 ATTACH PARTITION dayahead.forecasts_2026_08_20_champion FOR VALUES IN ('champion');
ALTER TABLE ONLY dayahead.forecasts ATTACH PARTITION dayahead.forecasts_2026_08_21 FOR VALUES FROM ('2026-08-21') TO ('2026-08-22');
ALTER TABLE ONLY dayahead.forecasts_2026_08_21 ATTACH PARTITION dayahead.forecasts_2026_08_21_champion FOR VALUES IN ('champion');
ALTER TABLE ONLY dayahead.traffic ATTACH PARTITION dayahead.traffic_2026_08 FOR VALUES FROM ('2026-08-01 00:00:00+00') TO ('2026-09-01 00:00:00+00');
INSERT INTO dayahead.alerts OVERRIDING SYSTEM VALUE VALUES (1, 'drift', '2026-08-20', '', 'drifted', '2026-11-21 18:35:37.025341+00', '{}', 'not sent yet');
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-20', 0.04735330003000158);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-19', 0.045043852335748036);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-18', 0.04284703773462875);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-17', 0.040757363045871284);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-16', 0.03876960299429081);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-15', 0.03687878714438041);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-14', 0.14032074988653323);
INSERT INTO dayahead.attention_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', 0, '2026-08-13', 0.033369306540018906);
INSERT INTO dayahead.champion_references VALUES ('1', 'readings-abc.parquet', 0.12, '{"bins": [1, 2]}', NULL, '2026-11-21 18:35:37.025341+00');
INSERT INTO dayahead.completeness VALUES ('2026-08-19', 'edge-1', 4, 4, '2026-08-19 16:00:00+00');
INSERT INTO dayahead.completeness VALUES ('2026-08-19', 'edge-2', 4, 4, '2026-08-19 16:00:00+00');
INSERT INTO dayahead.completeness VALUES ('2026-08-20', 'edge-1', 4, 4, '2026-08-20 16:00:00+00');
INSERT INTO dayahead.completeness VALUES ('2026-08-20', 'edge-2', 4, 4, '2026-08-20 16:00:00+00');
INSERT INTO dayahead.drift VALUES ('2026-08-20', 'level', 0.3, 0.2, 14, '2', '2026-11-21 18:35:37.025341+00');
INSERT INTO dayahead.forecast_peaks VALUES ('2026-08-19', 'champion', 'edge-1', '2026-08-19 16:00:00+00', 5101519.688752195, 5272118.642876289, 5557860.141794883, 5874619.632372403, 6191379.122949922, 6477120.621868516, 6647719.57599261, '2026-08-18 22:00:00+00', '1', 'none', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecast_peaks VALUES ('2026-08-19', 'champion', 'edge-2', '2026-08-19 16:00:00+00', 6383759.065216475, 6597237.143583456, 6954798.222501154, 7351173.497485576, 7747548.772469998, 8105109.851387696, 8318587.929754677, '2026-08-18 22:00:00+00', 'seasonal_naive_mean', 'seasonal_naive', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecast_peaks VALUES ('2026-08-20', 'champion', 'edge-1', '2026-08-20 16:00:00+00', 4786824.405530685, 4946899.69426469, 5215014.77842523, 5512234.460537407, 5809454.1426495835, 6077569.226810123, 6237644.515544129, '2026-08-19 22:00:00+00', '2', 'none', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecast_peaks VALUES ('2026-08-20', 'champion', 'edge-2', '2026-08-20 16:00:00+00', 6008367.774414663, 6209292.463692647, 6545827.4804447545, 6918894.258883767, 7291961.037322779, 7628496.054074886, 7829420.74335287, '2026-08-19 22:00:00+00', 'seasonal_naive_mean', 'seasonal_naive', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecast_peaks VALUES ('2026-08-21', 'champion', 'edge-1', '2026-08-21 16:00:00+00', 4443820.863588423, 4592425.8358116, 4841328.929783205, 5117251.109613568, 5393173.289443931, 5642076.383415535, 5790681.355638713, '2026-08-20 22:00:00+00', '2', 'none', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecast_peaks VALUES ('2026-08-21', 'champion', 'edge-2', '2026-08-21 16:00:00+00', 6274772.005247534, 6484605.467974835, 6836062.066702656, 7225670.204108168, 7615278.34151368, 7966734.940241502, 8176568.4029688025, '2026-08-20 22:00:00+00', 'seasonal_naive_mean', 'seasonal_naive', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-1', '2026-08-18 22:00:00+00', 2162759.1282915245, 2235083.546860831, 2356221.9669438573, 2490510.2813122114, 2624798.5956805656, 2745937.015763592, 2818261.4343328984, '2026-08-18 22:00:00+00', '1', 'grid-0', 'none', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-1', '2026-08-19 04:00:00+00', 1423909.330618231, 1471526.0129779193, 1551280.6765445601, 1639692.918722053, 1728105.160899546, 1807859.8244661868, 1855476.506825875, '2026-08-18 22:00:00+00', '1', 'grid-0', 'none', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-1', '2026-08-19 10:00:00+00', 4181334.327074194, 4321161.536722092, 4555362.482909204, 4814986.558123208, 5074610.633337211, 5308811.579524323, 5448638.789172222, '2026-08-18 22:00:00+00', '1', 'grid-0', 'none', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-1', '2026-08-19 16:00:00+00', 5101519.688752195, 5272118.642876289, 5557860.141794883, 5874619.632372403, 6191379.122949922, 6477120.621868516, 6647719.57599261, '2026-08-18 22:00:00+00', '1', 'grid-0', 'none', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-2', '2026-08-18 22:00:00+00', 2706356.935473811, 2796859.7054025987, 2948445.612060183, 3116486.567795729, 3284527.5235312744, 3436113.430188859, 3526616.2001176467, '2026-08-18 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-2', '2026-08-19 04:00:00+00', 1781801.238054968, 1841386.115937414, 1941186.682748784, 2051820.8637205986, 2162455.0446924134, 2262255.611503783, 2321840.4893862293, '2026-08-18 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-2', '2026-08-19 10:00:00+00', 5232290.090737569, 5407262.11311783, 5700328.200190004, 6025207.382240406, 6350086.5642908085, 6643152.651362983, 6818124.673743243, '2026-08-18 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_19_champion VALUES ('2026-08-19', 'champion', 'edge-2', '2026-08-19 16:00:00+00', 6383759.065216475, 6597237.143583456, 6954798.222501154, 7351173.497485576, 7747548.772469998, 8105109.851387696, 8318587.929754677, '2026-08-18 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260818T220000Z', '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-1', '2026-08-19 22:00:00+00', 2029345.922434804, 2097208.895244001, 2210874.700940948, 2336879.22896684, 2462883.756992732, 2576549.562689679, 2644412.535498876, '2026-08-19 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-1', '2026-08-20 04:00:00+00', 1336073.239135801, 1380752.6113887993, 1455587.4828208184, 1538545.8764806553, 1621504.2701404921, 1696339.1415725113, 1741018.5138255095, '2026-08-19 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-1', '2026-08-20 10:00:00+00', 3923402.1283210246, 4054603.8761405116, 4274357.767805107, 4517966.522709609, 4761575.277614111, 4981329.169278706, 5112530.917098193, '2026-08-19 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-1', '2026-08-20 16:00:00+00', 4786824.405530685, 4946899.69426469, 5215014.77842523, 5512234.460537407, 5809454.1426495835, 6077569.226810123, 6237644.515544129, '2026-08-19 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-2', '2026-08-19 22:00:00+00', 2547212.015842748, 2632392.8506424637, 2775064.88248331, 2933224.338833196, 3091383.795183082, 3234055.8270239285, 3319236.6618236443, '2026-08-19 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-2', '2026-08-20 04:00:00+00', 1677023.99632756, 1733105.038305165, 1827036.921286939, 1931165.3573555502, 2035293.7934241614, 2129225.6764059355, 2185306.7183835404, '2026-08-19 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-2', '2026-08-20 10:00:00+00', 4924609.91187341, 5089292.859640342, 5365125.455349143, 5670900.405197386, 5976675.355045629, 6252507.950754429, 6417190.898521361, '2026-08-19 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_20_champion VALUES ('2026-08-20', 'champion', 'edge-2', '2026-08-20 16:00:00+00', 6008367.774414663, 6209292.463692647, 6545827.4804447545, 6918894.258883767, 7291961.037322779, 7628496.054074886, 7829420.74335287, '2026-08-19 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260819T220000Z', '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', '2026-08-20 22:00:00+00', 1883931.5975606805, 1946931.797460683, 2052452.7934364446, 2169428.371212207, 2286403.9489879687, 2391924.944963731, 2454925.144863733, '2026-08-20 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', '2026-08-21 04:00:00+00', 1240335.8954412304, 1281813.7333081271, 1351286.2551347755, 1428300.2020281325, 1505314.1489214895, 1574786.6707481379, 1616264.5086150346, '2026-08-20 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', '2026-08-21 10:00:00+00', 3642267.766065527, 3764068.1528994087, 3968075.4123897674, 4194228.196759013, 4420380.981128259, 4624388.240618617, 4746188.627452499, '2026-08-20 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-1', '2026-08-21 16:00:00+00', 4443820.863588423, 4592425.8358116, 4841328.929783205, 5117251.109613568, 5393173.289443931, 5642076.383415535, 5790681.355638713, '2026-08-20 22:00:00+00', '2', 'grid-0', 'none', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-2', '2026-08-20 22:00:00+00', 2660152.515380485, 2749110.1720440607, 2898108.120395174, 3063280.1881396645, 3228452.255884155, 3377450.2042352683, 3466407.860898844, '2026-08-20 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-2', '2026-08-21 04:00:00+00', 1751381.3433815083, 1809948.9553250815, 1908045.6717484768, 2016791.0448888855, 2125536.418029294, 2223633.1344526894, 2282200.7463962627, '2026-08-20 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-2', '2026-08-21 10:00:00+00', 5142961.544959381, 5314946.34835139, 5603009.049349576, 5922341.714600854, 6241674.379852131, 6529737.080850317, 6701721.884242326, '2026-08-20 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.forecasts_2026_08_21_champion VALUES ('2026-08-21', 'champion', 'edge-2', '2026-08-21 16:00:00+00', 6274772.005247534, 6484605.467974835, 6836062.066702656, 7225670.204108168, 7615278.34151368, 7966734.940241502, 8176568.4029688025, '2026-08-20 22:00:00+00', 'seasonal_naive_mean', 'grid-0', 'seasonal_naive', 'forecast/20260820T220000Z', '2026-11-21 18:35:36.073314+00');
INSERT INTO dayahead.migrations VALUES ('001_sites.sql', '7c070556d269b0d050c98d37151b39be0fda74537b9809678ee9a04a8c735af4', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('002_traffic.sql', 'fb767210b816a0028d463263915afdd918506d746375ea8397bb0ff95265659b', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('003_forecasts.sql', '4779c62be5cbd4836ef8281198edfe4b8c980481916032599565a23f26f1c238', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('004_scores.sql', 'b74a8e78acbf067063effef5d708915a6ac3468b633783e79ef17d3ccb1c33b9', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('005_promotions.sql', '6759d6cc792e72f6a9253b256e35a8565d31d13ae07020593456e83b6b3feaa0', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('006_partitions.sql', '869c9f6e0b6e55a8282e4d31cf90c539ba04b66f6284939ba10a9c99062b8b59', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('007_day_tables.sql', '7b5d8539da7abd1f42e28547d507ae0567bac871407597248e87f98d44b6f95e', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('008_monitoring.sql', '5f4bf71a9e4cb6382bf3e5c2a9f730f1e7392a0bc735a6b1247ab7633555c5d0', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('010_forecast_peaks.sql', 'd75239587e56a7559b1d50e00e4a3844962889ad2b398f5124dd5573b4572c17', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('012_merge_months.sql', '61a8768795b95419bd0de92709cdbec1c16e72606b22132208105f80235ba1ba', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.migrations VALUES ('013_new_months.sql', 'c6e575fa631178a101fae73ae08187429721d1446dad0b980fa4f25e88fe9d80', '2026-11-21 18:35:32.931048+00');
INSERT INTO dayahead.promotions OVERRIDING SYSTEM VALUE VALUES (1, '2026-08-19 00:00:00+00', '1', NULL, 'promoted', 'gate', 'better beyond noise', '{}');
INSERT INTO dayahead.promotions OVERRIDING SYSTEM VALUE VALUES (2, '2026-08-20 00:00:00+00', '2', '1', 'promoted', 'gate', 'better beyond noise', '{}');
INSERT INTO dayahead.quarantine OVERRIDING SYSTEM VALUE VALUES (1, 'edge-1', '2026-08-20 12:00:00+00', 'throughput is negative', '{"row": 7}', 'load a.csv', '2026-11-21 18:35:37.025341+00', DEFAULT);
INSERT INTO dayahead.retrainings VALUES ('2026-08-20', '2', 'decay', '{"decay": 1.7}', '2026-11-21 18:35:37.025341+00');
INSERT INTO dayahead.scores VALUES ('2026-08-19', 'champion', 'edge-1', '1', '2026-08-18 22:00:00+00', 4, 14704518.45829694, 0.03637955624845288, 0.8, 42111.38512237692, 0.75, 1, 1, 0.007840510558703965, '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.scores VALUES ('2026-08-19', 'champion', 'edge-2', '1', '2026-08-18 22:00:00+00', 4, 18113082.629678123, 0.0507400001005955, 0.8, 61753.46226307952, 0.5, 1, 1, 0.023828394668558812, '2026-11-21 18:35:33.724004+00');
INSERT INTO dayahead.scores VALUES ('2026-08-20', 'champion', 'edge-1', '2', '2026-08-19 22:00:00+00', 4, 13585199.772824284, 0.045342783327994206, 0.8, 44549.12579342255, 0.75, 1, 1, 0.02358642649563435, '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.scores VALUES ('2026-08-20', 'champion', 'edge-2', '2', '2026-08-19 22:00:00+00', 4, 18057880.425378423, 0.03343116971026638, 0.8, 49979.540189814135, 0.75, 1, 1, -0.03343116971026638, '2026-11-21 18:35:35.309503+00');
INSERT INTO dayahead.scores_by_hour VALUES ('2026-08-20', 'champion', 'edge-1', '{1}', '{1}', '{1}', '{1}', '{1}');
INSERT INTO dayahead.sites VALUES ('edge-1', 'Europe/Berlin', 6093073.3000847865, 'AT', '{"tier": "core"}');
INSERT INTO dayahead.sites VALUES ('edge-2', 'Europe/Berlin', NULL, 'DE', '{"tier": "edge"}');
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-18 22:00:00+00', 2425672.7676327634, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-19 04:00:00+00', 1741197.3331794795, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-19 10:00:00+00', 4923308.605729328, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-19 16:00:00+00', 5614339.75175537, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-18 22:00:00+00', 3360212.6342396163, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-19 04:00:00+00', 2000844.3515765772, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-19 10:00:00+00', 5866708.805105435, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-19 16:00:00+00', 6885316.838756494, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-19 22:00:00+00', 2438821.1385231684, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-20 04:00:00+00', 1463811.232097136, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-20 10:00:00+00', 4563806.84010151, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-1', '2026-08-20 16:00:00+00', 5118760.562102468, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-19 22:00:00+00', 3130680.7818117323, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-20 04:00:00+00', 1960215.5050311054, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-20 10:00:00+00', 5820871.2263158765, NULL, NULL);
INSERT INTO dayahead.traffic_2026_08 VALUES ('edge-2', '2026-08-20 16:00:00+00', 7146112.912219708, NULL, NULL);
SELECT pg_catalog.setval('dayahead.alerts_id_seq', 1, true);
SELECT pg_catalog.setval('dayahead.promotions_id_seq', 2, true);
SELECT pg_catalog.setval('dayahead.quarantine_id_seq', 1, true);
ALTER TABLE ONLY dayahead.alerts
    ADD CONSTRAINT alerts_kind_target_day_subject_key UNIQUE (kind, target_day, subject);
ALTER TABLE ONLY dayahead.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY dayahead.anomalies
    ADD CONSTRAINT anomalies_pkey PRIMARY KEY (target_day, site, starts_at);
ALTER TABLE ONLY dayahead.attention
    ADD CONSTRAINT attention_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_18
    ADD CONSTRAINT attention_2026_08_18_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_19
    ADD CONSTRAINT attention_2026_08_19_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_19_champion
    ADD CONSTRAINT attention_2026_08_19_champion_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_20
    ADD CONSTRAINT attention_2026_08_20_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_20_champion
    ADD CONSTRAINT attention_2026_08_20_champion_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_21
    ADD CONSTRAINT attention_2026_08_21_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.attention_2026_08_21_champion
    ADD CONSTRAINT attention_2026_08_21_champion_pkey PRIMARY KEY (target_day, role, site, band, past_day);
ALTER TABLE ONLY dayahead.champion_references
    ADD CONSTRAINT champion_references_pkey PRIMARY KEY (model_version);
ALTER TABLE ONLY dayahead.completeness
    ADD CONSTRAINT completeness_pkey PRIMARY KEY (target_day, site);
ALTER TABLE ONLY dayahead.drift
    ADD CONSTRAINT drift_pkey PRIMARY KEY (target_day, feature);
ALTER TABLE ONLY dayahead.forecast_peaks
    ADD CONSTRAINT forecast_peaks_pkey PRIMARY KEY (target_day, role, site);
ALTER TABLE ONLY dayahead.forecasts
    ADD CONSTRAINT forecasts_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_18
    ADD CONSTRAINT forecasts_2026_08_18_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_19
    ADD CONSTRAINT forecasts_2026_08_19_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_19_champion
    ADD CONSTRAINT forecasts_2026_08_19_champion_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_20
    ADD CONSTRAINT forecasts_2026_08_20_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_20_champion
    ADD CONSTRAINT forecasts_2026_08_20_champion_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_21
    ADD CONSTRAINT forecasts_2026_08_21_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.forecasts_2026_08_21_champion
    ADD CONSTRAINT forecasts_2026_08_21_champion_pkey PRIMARY KEY (target_day, role, site, ts);
ALTER TABLE ONLY dayahead.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY dayahead.promotions
    ADD CONSTRAINT promotions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY dayahead.quarantine
    ADD CONSTRAINT quarantine_digest_key UNIQUE (digest);
ALTER TABLE ONLY dayahead.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY dayahead.retrainings
    ADD CONSTRAINT retrainings_pkey PRIMARY KEY (target_day);
ALTER TABLE ONLY dayahead.scores_by_hour
    ADD CONSTRAINT scores_by_hour_pkey PRIMARY KEY (target_day, role, site);
ALTER TABLE ONLY dayahead.scores
    ADD CONSTRAINT scores_pkey PRIMARY KEY (target_day, role, site);
ALTER TABLE ONLY dayahead.sites
    ADD CONSTRAINT sites_pkey PRIMARY KEY (site);
ALTER TABLE ONLY dayahead.traffic
    ADD CONSTRAINT traffic_pkey PRIMARY KEY (site, ts);
ALTER TABLE ONLY dayahead.traffic_2026_08
    ADD CONSTRAINT traffic_2026_08_pkey PRIMARY KEY (site, ts);
CREATE INDEX promotions_by_time ON dayahead.promotions USING btree (decided_at);
CREATE INDEX quarantine_by_site ON dayahead.quarantine USING btree (site, ts);
ALTER INDEX dayahead.attention_pkey ATTACH PARTITION dayahead.attention_2026_08_18_pkey;
ALTER INDEX dayahead.attention_2026_08_19_pkey ATTACH PARTITION dayahead.attention_2026_08_19_champion_pkey;
ALTER INDEX dayahead.attention_pkey ATTACH PARTITION dayahead.attention_2026_08_19_pkey;
ALTER INDEX dayahead.attention_2026_08_20_pkey ATTACH PARTITION dayahead.attention_2026_08_20_champion_pkey;
ALTER INDEX dayahead.attention_pkey ATTACH PARTITION dayahead.attention_2026_08_20_pkey;
ALTER INDEX dayahead.attention_2026_08_21_pkey ATTACH PARTITION dayahead.attention_2026_08_21_champion_pkey;
ALTER INDEX dayahead.attention_pkey ATTACH PARTITION dayahead.attention_2026_08_21_pkey;
ALTER INDEX dayahead.forecasts_pkey ATTACH PARTITION dayahead.forecasts_2026_08_18_pkey;
ALTER INDEX dayahead.forecasts_2026_08_19_pkey ATTACH PARTITION dayahead.forecasts_2026_08_19_champion_pkey;
ALTER INDEX dayahead.forecasts_pkey ATTACH PARTITION dayahead.forecasts_2026_08_19_pkey;
ALTER INDEX dayahead.forecasts_2026_08_20_pkey ATTACH PARTITION dayahead.forecasts_2026_08_20_champion_pkey;
ALTER INDEX dayahead.forecasts_pkey ATTACH PARTITION dayahead.forecasts_2026_08_20_pkey;
ALTER INDEX dayahead.forecasts_2026_08_21_pkey ATTACH PARTITION dayahead.forecasts_2026_08_21_champion_pkey;
ALTER INDEX dayahead.forecasts_pkey ATTACH PARTITION dayahead.forecasts_2026_08_21_pkey;
ALTER INDEX dayahead.traffic_pkey ATTACH PARTITION dayahead.traffic_2026_08_pkey;
GRANT USAGE ON SCHEMA dayahead TO dayahead_reader;
GRANT USAGE ON SCHEMA dayahead TO dayahead_writer;
GRANT USAGE ON SCHEMA dayahead TO dayahead_viewer;
REVOKE ALL ON FUNCTION dayahead.attach_month(day date) FROM PUBLIC;
REVOKE ALL ON FUNCTION dayahead.drop_staged(parent text, day date, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION dayahead.drop_staged(parent text, day date, role text) TO dayahead_writer;
REVOKE ALL ON FUNCTION dayahead.ensure_day(parent text, day date) FROM PUBLIC;
GRANT ALL ON FUNCTION dayahead.ensure_day(parent text, day date) TO dayahead_writer;
REVOKE ALL ON FUNCTION dayahead.ensure_partition(parent text, day date) FROM PUBLIC;
GRANT ALL ON FUNCTION dayahead.ensure_partition(parent text, day date) TO dayahead_writer;
REVOKE ALL ON FUNCTION dayahead.index_day(parent text, day date, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION dayahead.index_day(parent text, day date, role text) TO dayahead_writer;
REVOKE ALL ON FUNCTION dayahead.index_month(day date) FROM PUBLIC;
REVOKE ALL ON FUNCTION dayahead.let_go(day_table text, leaf text) FROM PUBLIC;
REVOKE ALL ON FUNCTION dayahead.merge_month(parent text, month date) FROM PUBLIC;
REVOKE ALL ON FUNCTION dayahead.stage_day(parent text, day date, role text) FROM PUBLIC;
GRANT ALL ON FUNCTION dayahead.stage_day(parent text, day date, role text) TO dayahead_writer;
REVOKE ALL ON FUNCTION dayahead.stage_month(day date) FROM PUBLIC;
REVOKE ALL ON FUNCTION dayahead.swap_day(parent text, day date, role text, said text) FROM PUBLIC;
GRANT ALL ON FUNCTION dayahead.swap_day(parent text, day date, role text, said text) TO dayahead_writer;
GRANT SELECT,INSERT,UPDATE ON TABLE dayahead.scores TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.accuracy_by_day TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.accuracy_by_day TO dayahead_viewer;
GRANT SELECT,INSERT,UPDATE ON TABLE dayahead.scores_by_hour TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.accuracy_by_hour TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.accuracy_by_hour TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.traffic TO dayahead_reader;
GRANT SELECT ON TABLE dayahead.actuals TO dayahead_viewer;
GRANT SELECT,INSERT,UPDATE ON TABLE dayahead.alerts TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.alerts TO dayahead_viewer;
GRANT SELECT,INSERT,DELETE ON TABLE dayahead.anomalies TO dayahead_writer;
GRANT SELECT,INSERT,DELETE ON TABLE dayahead.attention TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.attention_map TO dayahead_viewer;
GRANT SELECT,INSERT,DELETE ON TABLE dayahead.forecasts TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.next_day TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.next_day TO dayahead_reader;
GRANT SELECT ON TABLE dayahead.sites TO dayahead_reader;
GRANT SELECT ON TABLE dayahead.capacity_risk TO dayahead_viewer;
GRANT SELECT,INSERT,UPDATE ON TABLE dayahead.champion_references TO dayahead_writer;
GRANT SELECT,INSERT,UPDATE ON TABLE dayahead.completeness TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.data_freshness TO dayahead_viewer;
GRANT SELECT,INSERT,UPDATE ON TABLE dayahead.drift TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.drift TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.forecast_days TO dayahead_viewer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE dayahead.forecast_peaks TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.forecast_vs_actual TO dayahead_viewer;
GRANT SELECT,INSERT ON TABLE dayahead.promotions TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.model_decisions TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.published_days TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.published_forecasts TO dayahead_viewer;
GRANT SELECT,INSERT ON TABLE dayahead.quarantine TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.recent_anomalies TO dayahead_viewer;
GRANT SELECT,INSERT ON TABLE dayahead.retrainings TO dayahead_writer;
GRANT SELECT ON TABLE dayahead.retrainings TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.site_accuracy_30d TO dayahead_viewer;
GRANT SELECT ON TABLE dayahead.site_outlook TO dayahead_viewer;

INSERT INTO dayahead.anomalies VALUES ('2026-08-20', 'edge-2', '2026-08-20 18:00:00+00', '2026-08-20 18:00:00+00', 'above', 1, 9, 5, 2, '2026-08-21 00:00:00+00');
