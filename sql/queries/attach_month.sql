SELECT dayahead.attach_month(:month);
