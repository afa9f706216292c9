SELECT dayahead.stage_day(%(parent)s, %(day)s, %(role)s);
