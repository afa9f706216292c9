DO $$
BEGIN
    IF EXISTS (SELECT FROM dayahead.events) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '030 is not undone: events that people noted would be lost; remove them first';
    END IF;
END
$$;
DROP VIEW IF EXISTS dayahead.event_candidates, dayahead.site_events;
DROP TABLE dayahead.events;
DROP FUNCTION dayahead.check_event();
