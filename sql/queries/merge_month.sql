SELECT dayahead.merge_month(%(parent)s, %(month)s);
