SELECT dayahead.index_day(%(parent)s, %(day)s, %(role)s);
