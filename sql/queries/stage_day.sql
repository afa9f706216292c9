SELECT dayahead.stage_day(:parent, :day, :role);
