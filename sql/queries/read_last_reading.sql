SELECT max(ts) FROM dayahead.traffic;
