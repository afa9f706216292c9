-- Sites come, go and are renamed; what Postgres can know to be wrong of one is refused.
ALTER TABLE dayahead.sites ADD COLUMN added_at timestamptz;
ALTER TABLE dayahead.sites ALTER COLUMN added_at SET DEFAULT now();
ALTER TABLE dayahead.sites ADD COLUMN retired_at timestamptz;
ALTER TABLE dayahead.sites ADD COLUMN found boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN dayahead.sites.added_at IS 'When the row was made; NULL where it is older than this column.';
COMMENT ON COLUMN dayahead.sites.retired_at IS 'From when on the site is forecast no more; its history stays. NULL while it is forecast.';
COMMENT ON COLUMN dayahead.sites.found IS 'Met in the readings and added by a run; false where a person, or a load, entered it.';

CREATE TABLE dayahead.site_aliases (
    alias text COLLATE "C" PRIMARY KEY CHECK (alias <> ''),
    site text COLLATE "C" NOT NULL REFERENCES dayahead.sites (site) ON UPDATE CASCADE ON DELETE CASCADE,
    since timestamptz NOT NULL DEFAULT now(),
    noted_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE dayahead.site_aliases IS
'One row per name that a site had before: readings that still come under it are the site''s. rename_site writes it; a site of that very name
comes first.';

CREATE FUNCTION dayahead.usable_zone(wanted text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM now() AT TIME ZONE wanted;
    RETURN wanted;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END
$$;

COMMENT ON FUNCTION dayahead.usable_zone(text) IS 'The zone where Postgres knows it, else UTC: one mistyped site stops no view.';

CREATE FUNCTION dayahead.check_zones() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wrong text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT min(c.timezone) INTO wrong
        FROM changed AS c
        WHERE c.timezone NOT IN (SELECT b.timezone FROM before AS b)
            AND (c.timezone ~ '^(right|posix)/|^(localtime|posixrules|Factory)$' OR c.timezone NOT IN (SELECT n.name FROM pg_timezone_names AS n));
    ELSE
        SELECT min(c.timezone) INTO wrong
        FROM changed AS c
        WHERE c.timezone ~ '^(right|posix)/|^(localtime|posixrules|Factory)$' OR c.timezone NOT IN (SELECT n.name FROM pg_timezone_names AS n);
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = format('%L is no time zone; expected an IANA name such as Europe/Berlin', wrong);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION dayahead.check_zones() IS
'Refuses a time zone that Postgres does not know, or that means another thing on another machine. Looks once per statement.';

CREATE TRIGGER zones_of_new_sites AFTER INSERT ON dayahead.sites
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION dayahead.check_zones();
CREATE TRIGGER zones_of_changed_sites AFTER UPDATE ON dayahead.sites
REFERENCING OLD TABLE AS before NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION dayahead.check_zones();

CREATE FUNCTION dayahead.add_found_sites(names text[], zone text) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
WITH added AS (
    INSERT INTO dayahead.sites (site, timezone, found)
    SELECT name, zone, true FROM unnest(names) AS name
    ON CONFLICT (site) DO NOTHING
    RETURNING site
)
SELECT count(*)::integer FROM added;
$$;

COMMENT ON FUNCTION dayahead.add_found_sites(text[], text) IS
'Adds sites that a run met in the readings, and returns how many were new. Runs as its owner: the writer may add sites and change none.';
REVOKE EXECUTE ON FUNCTION dayahead.add_found_sites(text[], text) FROM PUBLIC;

CREATE FUNCTION dayahead.rename_site(old_name text, new_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newcomer boolean;
    part record;
BEGIN
    IF NOT EXISTS (SELECT FROM dayahead.sites AS s WHERE s.site = old_name) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('there is no site %L', old_name);
    END IF;
    SELECT s.found INTO newcomer FROM dayahead.sites AS s WHERE s.site = new_name;
    IF newcomer IS FALSE OR new_name = old_name THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = format('there is a site %L already, entered by a person; two sites cannot become one', new_name);
    END IF;
    DELETE FROM dayahead.sites WHERE site = new_name;
    DELETE FROM dayahead.site_aliases WHERE alias = new_name;
    UPDATE dayahead.sites SET site = new_name WHERE site = old_name;
    FOR part IN
        SELECT
            c.relname,
            (
                SELECT string_agg(format('old.%1$I = new.%1$I', a.attname), ' AND ')
                FROM pg_index AS i INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
                WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname <> 'site'
            ) AS same_key
        FROM pg_class AS c
        WHERE
            c.relnamespace = 'dayahead'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname NOT IN ('sites', 'site_aliases')
            AND EXISTS (SELECT FROM pg_attribute AS s WHERE s.attrelid = c.oid AND s.attname = 'site' AND NOT s.attisdropped)
        ORDER BY c.relname
    LOOP
        IF newcomer AND part.same_key IS NOT NULL THEN
            EXECUTE format(
                'DELETE FROM dayahead.%1$I AS old USING dayahead.%1$I AS new WHERE old.site = %2$L AND new.site = %3$L AND %4$s',
                part.relname, old_name, new_name, part.same_key
            );
        END IF;
        EXECUTE format('UPDATE dayahead.%I SET site = %L WHERE site = %L', part.relname, new_name, old_name);
    END LOOP;
    INSERT INTO dayahead.site_aliases (alias, site) VALUES (old_name, new_name);
END
$$;

COMMENT ON FUNCTION dayahead.rename_site(text, text) IS
'Gives a site another name in every table of ours, and keeps the old one as an alias: a source that still sends it is understood. A site that
a run met under the new name meanwhile becomes the same; of two rows of one instant that of the new name stays. Runs as its caller, who must
own the tables.';
REVOKE EXECUTE ON FUNCTION dayahead.rename_site(text, text) FROM PUBLIC;
