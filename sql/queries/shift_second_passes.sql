-- A local time that the clock repeats and the file holds twice: the first row is the first pass, the second the second.
UPDATE staged_readings AS r SET ts = r.ts + r.second_pass * interval '1 second'
FROM (
    SELECT d.row_number, row_number() OVER (PARTITION BY d.site_code, d.ts ORDER BY d.row_number) AS pass
    FROM staged_readings AS d
    WHERE d.second_pass > 0
) AS doubtful
WHERE doubtful.row_number = r.row_number AND doubtful.pass = 2 AND r.second_pass > 0;
