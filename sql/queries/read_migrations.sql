SELECT name, checksum FROM dayahead.migrations ORDER BY name;
