SELECT dayahead.drop_staged(:parent, :day, :role);
