-- One migration at a time: a lock that only who may change the table can take; whoever reads it goes on.
LOCK TABLE dayahead.migrations IN SHARE UPDATE EXCLUSIVE MODE;
