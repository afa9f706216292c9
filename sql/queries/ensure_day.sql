SELECT dayahead.ensure_day(:parent, :day);
