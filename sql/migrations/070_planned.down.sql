DO $$
BEGIN
    IF EXISTS (SELECT FROM dayahead.planned) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '070 is not undone: plans that people loaded would be lost; delete them first';
    END IF;
END
$$;
DROP TABLE dayahead.planned;
