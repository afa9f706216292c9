"""PostgreSQL's binary COPY, there and back."""

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.postgres import copy_binary
from pipeline.adapters.postgres.copy_binary import read_fixed, to_instants, write_frame
from pipeline.adapters.postgres.database import connect, driver
from pipeline.errors import DataError

KINDS = {"name": "text", "small": "int2", "whole": "int4", "big": "int8", "real": "float8", "at": "timestamptz", "day": "date"}
KINDS |= {"list": "float4[]"}
FRAME = pd.DataFrame(
    {
        "name": ["a", None, "", "it's 📡", "new\nline"],
        "small": [1, -2, 3, 4, 5],
        "whole": [10, -20, 2**31 - 1, 0, 1],
        "big": [2**62, -1, 0, 1, 2],
        "real": [1.5, np.nan, -0.0, 1e300, np.inf],
        "at": pd.to_datetime(["2026-08-21 00:00:00.000001", None, "1970", "1999-12-31 23:59", "2099-01-01"], utc=True, format="mixed"),
        "day": [pd.Timestamp(d).date() if d else None for d in ("2026-08-21", None, "1970-01-01", "1999-12-31", "2099-01-01")],
        "list": [[1.5, 0.0], None, [0.0], [2.0, None, -0.5], [0.25, 0.5]],
    }
)
TABLE = "CREATE TEMP TABLE t (name text, small int2, whole int4, big int8, real float8, at timestamptz, day date, list real[])"


@pytest.mark.parametrize("rows_per_message", [1, 2, 1_024])
def test_a_frame_arrives_as_it_was_sent_with_nulls_and_any_text(database, monkeypatch, rows_per_message):
    monkeypatch.setattr(copy_binary, "ROWS_PER_MESSAGE", rows_per_message)

    with connect(database) as connection, driver(connection).cursor() as cursor:
        cursor.execute(TABLE)
        write_frame(connection, f"COPY t ({', '.join(KINDS)}) FROM STDIN (FORMAT binary)", FRAME, KINDS)
        cursor.execute("SELECT * FROM t ORDER BY abs(small)")
        found = pd.DataFrame(cursor.fetchall(), columns=list(KINDS))

    expected = FRAME.astype(object).where(FRAME.notna(), None)
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == expected.to_numpy().tolist()


def test_fixed_columns_are_read_back_whole(database):
    query = "COPY (SELECT 7::int4, '2026-08-21 12:00Z'::timestamptz, n::float8 FROM generate_series(1, 999) AS n) TO STDOUT (FORMAT binary)"

    with connect(database) as connection:
        records = read_fixed(connection, query, [("code", "int4"), ("ts", "timestamptz"), ("value", "float8")])

    assert records["value"].astype(float).tolist() == list(range(1, 1000))
    assert set(to_instants(records["ts"])) == {pd.Timestamp("2026-08-21 12:00", tz="UTC")}


def test_an_empty_result_is_an_empty_array(database):
    with connect(database) as connection:
        records = read_fixed(connection, "COPY (SELECT 1::int4 WHERE false) TO STDOUT (FORMAT binary)", [("code", "int4")])

    assert len(records["code"]) == 0


@pytest.mark.parametrize("values", ["(1, 2.0), (NULL, 3.0), (4, NULL)", "(1, NULL)"])
def test_a_null_is_refused_and_shifts_nothing(database, values):
    query = f"COPY (SELECT a::int4, b::float8 FROM (VALUES {values}) AS v (a, b)) TO STDOUT (FORMAT binary)"

    with connect(database) as connection, pytest.raises(DataError, match="the columns a, b hold a NULL or a value of another type"):
        read_fixed(connection, query, [("a", "int4"), ("b", "float8")])


def test_a_column_of_another_width_is_refused(database):
    with connect(database) as connection, pytest.raises(DataError, match="expected fixed widths"):
        read_fixed(connection, "COPY (SELECT 1::int8) TO STDOUT (FORMAT binary)", [("code", "int4")])
