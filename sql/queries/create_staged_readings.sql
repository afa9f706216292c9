CREATE TEMPORARY TABLE staged_readings (
    site_code integer NOT NULL,
    ts timestamptz NOT NULL,
    second_pass integer NOT NULL,
    phase integer NOT NULL,
    row_number bigint NOT NULL,
    {values}
) PARTITION BY RANGE (ts) ON COMMIT DROP;

CREATE TEMPORARY TABLE staged_sites (site_code integer PRIMARY KEY, site text COLLATE "C" NOT NULL) ON COMMIT DROP;

SET LOCAL work_mem = '256MB';
SET LOCAL maintenance_work_mem = '256MB';
