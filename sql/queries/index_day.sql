SELECT dayahead.index_day(:parent, :day, :role);
