SELECT dayahead.ensure_partition(%(parent)s, %(day)s);
