INSERT INTO dayahead.anomalies ({columns})
SELECT {columns} FROM staged_anomalies;
