DROP TABLE dayahead.what_ifs;
