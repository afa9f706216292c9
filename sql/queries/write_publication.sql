INSERT INTO dayahead.publications AS old (role, cutoff, first_day, last_day, sites, run_id)
VALUES (:role, :cutoff, :first_day, :last_day, :sites, :run_id)
ON CONFLICT (role, cutoff) DO UPDATE
SET
    first_day = excluded.first_day, last_day = excluded.last_day, sites = excluded.sites, run_id = excluded.run_id,
    published_at = excluded.published_at;
