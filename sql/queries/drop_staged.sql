SELECT dayahead.drop_staged(%(parent)s, %(day)s, %(role)s);
