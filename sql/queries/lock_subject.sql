SELECT dayahead.take(%(subject)s);
