SELECT count(*), min(ts), max(ts) FROM staged_readings;
