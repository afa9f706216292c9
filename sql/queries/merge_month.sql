SELECT dayahead.merge_month(:parent, :month, CAST(:patience AS interval));
