"""How an amount of traffic is written for people."""

import pytest

from pipeline.core.evaluation.quantity import interval, quantity, tick


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (0.1234, "0.12"), (9.999, "10.0"), (42.26, "42.3"), (999.4, "999"), (999.96, "1.00 k"), (1e6, "1.00 M"),
        (2.345e9, "2.35 G"), (7e12, "7.00 T"), (-1500.0, "-1.50 k"), (None, "–"), (float("nan"), "–"), (float("inf"), "–"),
    ],
)  # fmt: skip
def test_quantity_has_three_digits_and_a_prefix(value: float | None, text: str):
    assert quantity(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.345e9, "bit/s", "2.35 Gbit/s"), (12.0, "bit/s", "12.0 bit/s"), (0.0, "bit/s", "0 bit/s"), (2345.0, "Mbit/s", "2.35 Gbit/s"),
        (0.5, "Mbit/s", "500 kbit/s"), (3.2e6, "Mbps", "3.20 Tbps"), (1500.0, "MB/s", "1.50 GB/s"),
        (2.5e6, "requests/s", "2.50 M requests/s"), (42.0, "requests/s", "42.0 requests/s"), (7.0, "%", "7.00 %"), (None, "bit/s", "–"),
    ],
)  # fmt: skip
def test_unit_follows_the_right_prefix_also_where_it_has_one_of_its_own(value: float | None, unit: str, text: str):
    assert quantity(value, unit) == text


def test_ticks_of_an_axis_have_no_more_digits_than_they_need():
    assert [tick(value, "bit/s") for value in (0, 5e8, 1e9, 2.5e9)] == ["0 bit/s", "500 Mbit/s", "1 Gbit/s", "2.5 Gbit/s"]
    assert tick(2.5e9) == "2.5 G"


def test_interval_names_the_unit_once_where_both_ends_have_the_same():
    assert interval(129e6, 168e6, "bit/s") == "129 – 168 Mbit/s"
    assert interval(795e3, 1.04e6, "bit/s") == "795 kbit/s – 1.04 Mbit/s"
    assert interval(129e6, 168e6) == "129 – 168 M"
