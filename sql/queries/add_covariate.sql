ALTER TABLE dayahead.traffic ADD COLUMN IF NOT EXISTS {name} double precision;
