"""Attention as a table, and the sentence on it."""

from datetime import date, timedelta

import pytest

from pipeline.web.heat_map import explain, heat_map
from pipeline.web.rendering import RUNGS

DAY = date(2026, 8, 21)


def weights(by_days_before: dict[int, float]) -> list[dict]:
    return [{"past_day": DAY - timedelta(days=n), "band": band, "weight": w} for n, w in by_days_before.items() for band in range(4)]


def test_heat_map_has_a_column_a_past_day_in_order_and_the_darkest_shade_where_most_attention_fell():
    columns = heat_map(weights({1: 0.2, 2: 0.0, 7: 0.8}))

    assert [column["day"] for column in columns] == [DAY - timedelta(days=n) for n in (7, 2, 1)]
    assert [[cell["shade"] for cell in column["cells"]] for column in columns] == [[9] * 4, [0] * 4, [2] * 4]


def test_heat_map_of_nothing_is_empty_and_of_zeros_is_light():
    assert heat_map([]) == []
    assert heat_map(weights({1: 0.0}))[0]["cells"][0]["shade"] == 0


def test_sentence_names_the_day_that_got_most_and_how_long_ago_it_was():
    rows = weights({n: 0.4 if n == 7 else 0.3 if n == 14 else 0.3 / 12 for n in range(1, 15)})

    assert explain(rows, DAY) == (
        "For Fri 21 Aug 2026 the model looked most at Fri 14 Aug 2026, a week before: 40 % of its attention; "
        "its 2 Fridays together got 70 %."
    )


def test_sentence_says_so_where_no_day_stands_out_and_where_nothing_was_looked_at():
    assert "evenly at the last 10 days" in explain(weights(dict.fromkeys(range(1, 11), 0.1)), DAY)
    assert "ladder that made this forecast pays no attention" in explain([], DAY, "seasonal_naive")


@pytest.mark.parametrize("rung", ["none", "previous_champion"])
def test_a_model_without_attention_is_not_said_to_be_the_ladder(rung: str):
    assert explain([], DAY, rung) == f"The {RUNGS[rung]} keeps no attention: a model of its kind does not say which days it looked at."


def test_sentence_counts_days_that_have_no_name():
    assert "Tue 18 Aug 2026, 3 days before: 91 %" in explain(weights({3: 0.91, 1: 0.03, 2: 0.03, 4: 0.03}), DAY)
