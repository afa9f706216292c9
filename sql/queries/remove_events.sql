DELETE FROM dayahead.events WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING id;
