INSERT INTO dayahead.migrations (name, checksum) VALUES (%(name)s, %(checksum)s);
