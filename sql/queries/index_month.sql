SELECT dayahead.index_month(:month);
