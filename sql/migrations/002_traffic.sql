CREATE TABLE dayahead.traffic (
    site text COLLATE "C" NOT NULL,
    ts timestamptz NOT NULL,
    throughput double precision NOT NULL CHECK (throughput >= 0 AND throughput < 'Infinity'),
    device_num double precision,
    dxcc_usage double precision,
    PRIMARY KEY (site, ts)
) PARTITION BY RANGE (ts);

COMMENT ON TABLE dayahead.traffic IS
'One row per (site, ts), monthly partitions that the loader makes as needed. A rerun of a load changes nothing; a corrected value replaces
the old one. A user with a table of their own renames this one and creates a view of this name (docs/data_contract.md).';
COMMENT ON COLUMN dayahead.traffic.ts IS 'Instant of the reading; a reading at the cutoff itself is not known at the cutoff.';
COMMENT ON COLUMN dayahead.traffic.throughput IS 'In the unit of the source, finite and not negative; a missing reading is a missing row.';

CREATE TABLE dayahead.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site text COLLATE "C",
    ts timestamptz,
    reason text NOT NULL,
    payload jsonb NOT NULL,
    run_id text NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    digest uuid NOT NULL GENERATED ALWAYS AS (md5(reason || payload::text)::uuid) STORED UNIQUE
);

CREATE INDEX quarantine_by_site ON dayahead.quarantine (site, ts);

COMMENT ON TABLE dayahead.quarantine IS
'One row per rejected reading and reason. A rerun that meets the same row adds none: (reason, payload) is unique and the first run is kept.';
COMMENT ON COLUMN dayahead.quarantine.site IS 'As far as it could be read; NULL where not.';
COMMENT ON COLUMN dayahead.quarantine.payload IS 'The row as it came, and for a file its name and row number.';
