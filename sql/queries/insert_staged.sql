INSERT INTO dayahead.{table} ({columns})
SELECT {columns} FROM {staged}
ON CONFLICT DO NOTHING;
