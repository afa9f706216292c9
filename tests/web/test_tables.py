"""Rows as columns for a chart and as a file."""

from datetime import UTC, date, datetime

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


def test_link_to_a_version_carries_no_login_and_is_none_where_there_is_no_version():
    settings = Settings(tracking_url="http://admin:secret@127.0.0.1:5010")

    assert version_page(settings, "3") == "http://127.0.0.1:5010/#/models/dayahead/versions/3"
    assert version_page(settings, "seasonal_naive_mean") is None
