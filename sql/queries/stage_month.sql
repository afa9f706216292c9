SELECT dayahead.stage_month(:month);
