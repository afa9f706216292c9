ANALYZE differing;
