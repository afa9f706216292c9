INSERT INTO dayahead.migrations (name, checksum) VALUES (:name, :checksum);
