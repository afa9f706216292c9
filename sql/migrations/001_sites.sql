CREATE TABLE dayahead.sites (
    site text COLLATE "C" PRIMARY KEY CHECK (site <> ''),
    timezone text NOT NULL DEFAULT 'UTC',
    capacity double precision CHECK (capacity > 0 AND capacity < 'Infinity'),
    country text CHECK (country ~ '^[A-Z]{2}$'),
    labels jsonb NOT NULL DEFAULT '{}'::jsonb
);

COMMENT ON TABLE dayahead.sites IS
'One row per site. A load adds the sites it meets and changes none that exist, unless --sites names them.';
COMMENT ON COLUMN dayahead.sites.timezone IS 'IANA name; its calendar day is the one being forecast.';
COMMENT ON COLUMN dayahead.sites.capacity IS 'Largest throughput the site can carry, in the unit of traffic.throughput; NULL where unknown.';
COMMENT ON COLUMN dayahead.sites.country IS 'ISO 3166 code that decides the public holidays; NULL where unknown.';
