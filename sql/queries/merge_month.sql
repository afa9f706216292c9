SELECT dayahead.merge_month(:parent, :month);
