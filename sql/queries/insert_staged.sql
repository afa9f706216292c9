INSERT INTO dayahead.{table} ({columns})
SELECT {columns} FROM dayahead.{staged}
ON CONFLICT DO NOTHING;
