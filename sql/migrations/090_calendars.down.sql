DO $$
BEGIN
    IF EXISTS (SELECT FROM dayahead.calendar_days) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = '090 is not undone: calendars that people loaded would be lost; remove them first';
    END IF;
END
$$;
DROP TABLE dayahead.calendar_days;
DROP TABLE dayahead.calendars;
ALTER TABLE dayahead.sites DROP COLUMN calendar;
