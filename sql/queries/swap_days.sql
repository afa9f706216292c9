SELECT dayahead.swap_days(CAST(:parents AS text[]), CAST(:days AS date[]), CAST(:roles AS text[]), CAST(:said AS text[]));
