"""Rows as columns for a chart and as a file."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest

from pipeline.config import Settings
from pipeline.web.links import version_page
from pipeline.web.tables import columns, csv_answer

ROWS = [{"ts": datetime(2026, 8, 21, tzinfo=UTC), "day": date(2026, 8, 21), "q50": 1234.56789, "site": "=1+1"}]


def test_columns_are_plain_numbers():
    assert columns(ROWS, ("ts", "day", "q50")) == {"ts": [1787270400], "day": [1787270400], "q50": [1234.57]}


def test_file_holds_full_numbers_and_no_formula():
    answer = csv_answer([*ROWS, {"ts": None, "day": None, "q50": -1.5, "site": 'ä,\n"b"'}], ("ts", "q50", "site"), "a/b ä")

    assert answer.body.decode() == 'ts,q50,site\r\n2026-08-21T00:00:00+00:00,1234.56789,\'=1+1\r\n,-1.5,"ä,\n""b"""\r\n'
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%2Fb%20%C3%A4.csv"


@pytest.mark.parametrize(
    "name",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "x;=cmd|'/c calc'!A1", "x,=1", "x\ty\t=1", "x|+1", 'x";=1', 'x"=1',
        "＝1", "－1", "＋1", "＠SUM(A1)", "\u00a0=1", "\ufeff=1", "\u200b=1", "x;  =1", "x\r\n=1", "a;b;-2",
    ],
)  # fmt: skip
def test_no_cell_of_a_file_is_a_formula_whatever_separator_a_spreadsheet_splits_it_by(name: str):
    text = csv_answer([{"site": name, "q50": -1.5}], ("site", "q50"), "sites").body.decode()

    for separator in ",;\t|":
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        cells = [part for row in rows for cell in row for part in re.split(r"[;,|\t\r\n]", cell)]
        assert [cell for cell in cells if re.match(r'[\s"\u200b\ufeff]*[=+@＝＋－＠-]', cell) and cell != "-1.5"] == []


@pytest.mark.parametrize("name", ["edge-01", "a = b", "x-1; y-2", "Zürich+", "user@host", "10:00 - 11:00", 'the "new" one'])
def test_an_ordinary_name_stands_in_a_file_as_it_is(name: str):
    text = csv_answer([{"site": name}], ("site",), "sites").body.decode()

    assert list(csv.reader(io.StringIO(text)))[1] == [name]


def test_link_to_a_version_carries_no_login_and_is_none_where_there_is_no_version():
    settings = Settings(tracking_url="http://admin:secret@127.0.0.1:5010")

    assert version_page(settings, "3") == "http://127.0.0.1:5010/#/models/dayahead/versions/3"
    assert version_page(settings, "seasonal_naive_mean") is None
