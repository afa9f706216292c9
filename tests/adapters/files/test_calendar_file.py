"""Days of a calendar from a table of spans and from an iCalendar file."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.adapters.files.calendar_file import read_calendar_file
from pipeline.core.series.calendar import KindOfDay
from pipeline.errors import DataError

SINCE, UNTIL = date(2026, 1, 1), date(2027, 12, 31)
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//test//EN
BEGIN:VEVENT
UID:1
SUMMARY:Founders' day
DTSTART;VALUE=DATE:20240310
RRULE:FREQ=YEARLY
EXDATE;VALUE=DATE:20270310
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Stocktaking
DTSTART;VALUE=DATE:20260629
DTEND;VALUE=DATE:20260701
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Party
DTSTART;TZID=Europe/Berlin:20260904T180000
DTEND;TZID=Europe/Berlin:20260905T000000
END:VEVENT
END:VCALENDAR
"""


def read(folder: Path, name: str, text: str, kind: str = "company") -> list[KindOfDay]:
    (folder / name).write_text(text)
    return read_calendar_file(folder / name, kind, SINCE, UNTIL)


def test_spans_of_a_table_hold_their_last_day(tmp_path):
    found = read(
        tmp_path, "days.csv", "from,to,kind,name,known_from\n2026-07-20,2026-07-22,school,Summer,2025-01-01T00:00Z\n2026-12-24,,,Eve,\n"
    )

    summer = [KindOfDay(date(2026, 7, day), "school", "Summer", datetime(2025, 1, 1, tzinfo=UTC)) for day in (20, 21, 22)]
    assert found == [*summer, KindOfDay(date(2026, 12, 24), "company", "Eve")]


def test_events_of_an_icalendar_file_come_again_and_end_before_their_end(tmp_path):
    found = read(tmp_path, "days.ics", ICS)

    assert [(each.day.isoformat(), each.name) for each in found] == [
        ("2026-03-10", "Founders' day"),
        ("2026-06-29", "Stocktaking"),
        ("2026-06-30", "Stocktaking"),
        ("2026-09-04", "Party"),
    ]
    assert {each.kind for each in found} == {"company"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "days.csv",
            "from,to\n2026-07-20,2026-07-19\n",
            "row 1: lasts from 2026-07-20 to 2026-07-19; expected an end on or after the start",
        ),
        ("days.csv", "from\nsummer\n", "row 1: from 'summer' is no day"),
        ("days.csv", "from,known_from\n2026-07-20,2026-01-01T00:00\n", "known_from '2026-01-01T00:00' names no zone"),
        ("days.csv", "day\n2026-07-20\n", "names no from"),
        ("days.ics", "from\n2026-07-20\n", "is no iCalendar file"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path, name, text, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, name, text)


def test_days_of_no_kind_are_refused(tmp_path):
    with pytest.raises(DataError, match="is of no kind; expected --kind, or a column kind"):
        read(tmp_path, "days.csv", "from\n2026-07-20\n", kind="")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.ics cannot be read"):
        read_calendar_file(tmp_path / "none.ics", "company", SINCE, UNTIL)
