SELECT m.name, m.checksum FROM dayahead.migrations AS m;
