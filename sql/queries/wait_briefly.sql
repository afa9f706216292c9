-- Who changes what people read waits in short turns: whoever comes after would wait as long.
SELECT set_config('lock_timeout', :lock_timeout, TRUE);
