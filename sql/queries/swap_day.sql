SELECT dayahead.swap_day(%(parent)s, %(day)s, %(role)s, %(said)s);
