DROP TABLE pg_temp.{month};
