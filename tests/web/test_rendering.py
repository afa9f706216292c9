"""How numbers and instants are written for people."""

from datetime import UTC, date, datetime

import pytest

from pipeline.core.evaluation.quantity import percent
from pipeline.web.rendering import day, local, query, risk


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.0634, False, "6.3 %"), (0.0996, False, "10 %"), (0.437, False, "44 %"), (1.0, False, "100 %"), (-0.0274, True, "−2.7 %"),
        (-0.0001, True, "+0.0 %"), (0.12, True, "+12 %"), (None, False, "–"), (float("nan"), True, "–"),
    ],
)  # fmt: skip
def test_percent_has_one_digit_after_the_point_below_ten(value: float | None, signed: bool, text: str):
    assert percent(value, signed) == text


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.0, "< 5 %"), (0.049, "< 5 %"), (0.05, "5 %"), (0.6, "60 %"), (0.95, "> 95 %")])
def test_risk_claims_no_more_than_the_quantiles_tell(value: float | None, text: str):
    assert risk(value) == text


def test_instants_are_told_on_the_clock_of_the_site():
    instant = datetime(2026, 8, 20, 22, 30, tzinfo=UTC)

    assert local(instant, "Europe/Berlin") == "00:30"
    assert local(instant, "America/Sao_Paulo", "%a %H:%M") == "Thu 19:30"
    assert day(date(2026, 8, 1)) == "Sat 1 Aug 2026"


def test_query_string_keeps_what_is_set_and_escapes_it():
    assert query({"search": "a&b=c", "label": "", "page": 3}, page=4) == "?search=a%26b%3Dc&page=4"
