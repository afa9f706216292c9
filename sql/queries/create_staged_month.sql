CREATE TEMPORARY TABLE {month} PARTITION OF staged_readings
FOR VALUES FROM (%(first)s) TO (%(next)s) ON COMMIT DROP;
