-- Frozen: also a transaction that began before sees the whole day in the table that was swapped in, never a part of it.
COPY dayahead.{staged} {columns} FROM STDIN (FORMAT binary, FREEZE);
