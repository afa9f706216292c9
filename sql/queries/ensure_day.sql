SELECT dayahead.ensure_day(%(parent)s, %(day)s);
