-- What holds until the transaction ends: the least role, how long a lock and a statement may take, and who is seen to work.
SELECT
    set_config('role', :role, TRUE), set_config('lock_timeout', :lock_timeout, TRUE),
    set_config('statement_timeout', :statement_timeout, TRUE), set_config('application_name', :application_name, TRUE);
