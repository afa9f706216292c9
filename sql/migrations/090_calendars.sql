-- Days of a school, a company, a region: what sites.calendar may name beside a country.
ALTER TABLE dayahead.sites ADD COLUMN calendar text CONSTRAINT sites_calendar CHECK (calendar <> '');

COMMENT ON COLUMN dayahead.sites.calendar IS
'What decides its kinds of day in place of the country alone: a country with its subdivision (DE-NW), names of calendars, or both, with commas
between. NULL: the public holidays of the country.';

CREATE TABLE dayahead.calendars (
    calendar text COLLATE "C" PRIMARY KEY CONSTRAINT calendars_name CHECK (calendar ~ '^[^,]+$'),
    noted_by text NOT NULL DEFAULT session_user,
    noted_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE dayahead.calendars IS 'One row per calendar of ours: of schools, of a company. Sites name it in their column calendar.';

CREATE TABLE dayahead.calendar_days (
    calendar text COLLATE "C" NOT NULL REFERENCES dayahead.calendars ON UPDATE CASCADE ON DELETE CASCADE,
    day date NOT NULL,
    kind text COLLATE "C" NOT NULL CONSTRAINT calendar_days_kind CHECK (kind <> ''),
    name text NOT NULL DEFAULT '',
    known_from timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (calendar, day, kind)
);

COMMENT ON TABLE dayahead.calendar_days IS
'One row per (calendar, day, kind): a local day that is of a kind, such as school, company or holiday. Loading the same file again adds no row.';
COMMENT ON COLUMN dayahead.calendar_days.kind IS 'Models learn each kind by itself; holiday counts as a public holiday does.';
COMMENT ON COLUMN dayahead.calendar_days.known_from IS 'A cutoff at or before it does not know of the day.';
