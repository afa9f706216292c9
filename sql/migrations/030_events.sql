-- What people know of days and no series holds: matches, outages, migrations.
CREATE TABLE dayahead.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CONSTRAINT events_kind CHECK (kind IN ('expected', 'ignore', 'break')),
    category text COLLATE "C" CONSTRAINT events_category CHECK (category <> ''),
    site text COLLATE "C",
    labels jsonb CONSTRAINT events_labels CHECK (jsonb_typeof(labels) = 'object' AND labels <> '{}'),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    expected_factor double precision CONSTRAINT events_factor CHECK (expected_factor > 0 AND expected_factor < 'infinity'),
    note text NOT NULL DEFAULT '',
    noted_by text NOT NULL DEFAULT session_user,
    noted_at timestamptz NOT NULL DEFAULT now(),
    known_from timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_selector CHECK (site IS NULL OR labels IS NULL),
    CONSTRAINT events_end_after_start CHECK (ends_at > starts_at OR (kind = 'break' AND ends_at = starts_at)),
    CONSTRAINT events_expected_has_category CHECK (kind <> 'expected' OR category IS NOT NULL),
    CONSTRAINT events_factor_of_expected CHECK (kind = 'expected' OR expected_factor IS NULL),
    CONSTRAINT events_expected_at_most_three_days CHECK (kind <> 'expected' OR ends_at - starts_at <= interval '72 hours'),
    CONSTRAINT events_once UNIQUE NULLS NOT DISTINCT (kind, category, site, labels, starts_at, ends_at)
);

COMMENT ON TABLE dayahead.events IS
'One row per event that a person noted: of a site, of all sites with the labels, or of the whole fleet where both are NULL. A run, a backfill
and a backtest see those that were known at their cutoff. Noting the same again adds no row.';
COMMENT ON COLUMN dayahead.events.kind IS
'expected: it moves traffic, by as much as its category did before. ignore: what was measured is no model for the future. break: from here
on the site is another.';
COMMENT ON COLUMN dayahead.events.category IS 'What sort of event, such as match or release: its effect is learnt from earlier ones. Required of expected.';
COMMENT ON COLUMN dayahead.events.labels IS 'Labels that a site must have, the country among them, to be meant.';
COMMENT ON COLUMN dayahead.events.ends_at IS 'First instant after it; of a break the same as starts_at, or the end of the change.';
COMMENT ON COLUMN dayahead.events.expected_factor IS 'By how much traffic is multiplied, as a person expects; of expected only.';
COMMENT ON COLUMN dayahead.events.known_from IS 'A cutoff at or before it does not know of the event.';

CREATE INDEX events_by_end ON dayahead.events (ends_at);

CREATE FUNCTION dayahead.check_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other record;
BEGIN
    IF new.site IS NOT NULL AND NOT EXISTS (SELECT FROM dayahead.sites AS s WHERE s.site = new.site) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = format('there is no site %L', new.site);
    END IF;
    IF new.kind = 'break' THEN
        LOCK TABLE dayahead.events IN SHARE ROW EXCLUSIVE MODE; -- two breaks noted at once see each other
        SELECT e.id, s.site, e.starts_at INTO other
        FROM dayahead.events AS e
        INNER JOIN dayahead.sites AS s
            ON dayahead.is_meant(e.site, e.labels, s.site, s.country, s.labels)
            AND dayahead.is_meant(new.site, new.labels, s.site, s.country, s.labels)
        WHERE
            e.kind = 'break' AND e.id <> new.id
            AND tstzrange(e.starts_at, e.ends_at, '[]') && tstzrange(new.starts_at, new.ends_at, '[]')
            AND (e.category, e.site, e.labels, e.starts_at, e.ends_at)
            IS DISTINCT FROM (new.category, new.site, new.labels, new.starts_at, new.ends_at)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                MESSAGE = format('the break overlaps break %s of site %L, which begins at %s; remove that first', other.id, other.site, other.starts_at);
        END IF;
    END IF;
    RETURN new;
END
$$;

COMMENT ON FUNCTION dayahead.check_event() IS 'Refuses an event of a site that does not exist, and breaks of one site that overlap.';

CREATE TRIGGER events_as_they_can_be BEFORE INSERT OR UPDATE OF kind, site, labels, starts_at, ends_at ON dayahead.events
FOR EACH ROW EXECUTE FUNCTION dayahead.check_event();
