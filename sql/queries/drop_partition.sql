SELECT dayahead.drop_partition(:parent, :name, CAST(:patience AS interval));
