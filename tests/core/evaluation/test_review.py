"""What a reviewer is shown."""

from datetime import date

import pandas as pd
import pytest

from pipeline.core.evaluation.review import FLEET, attention_table, draw, sites_by_error, typical_and_worst
from tests.fixtures.training import attention_rows, backtest_rows, evaluation


def test_sites_come_worst_first_and_without_those_of_unknown_error():
    assert sites_by_error(evaluation()) == ["site-1", "site-0"]
    assert typical_and_worst(evaluation()) == {"typical": "site-0", "worst": "site-1"}


def test_no_site_is_shown_where_no_error_is_known():
    judged = evaluation()
    judged["models"]["challenger"]["wape_by_site"] = {"site-0": None}

    assert typical_and_worst(judged) == {}


def test_attention_is_told_by_days_before_for_the_fleet_and_for_chosen_sites():
    two = pd.concat([attention_rows(), attention_rows().assign(site="site-1", weight=0.0), attention_rows().assign(site="other")])

    table = attention_table(two, ["site-1"])

    assert table["site"].unique().tolist() == [FLEET, "site-1"]
    yesterday = table[table["days_before"] == 1].set_index("site")["weight"]
    assert yesterday[FLEET] == pytest.approx(2 / 21)
    assert yesterday["site-1"] == 0


def test_pictures_leave_out_what_there_is_not(tmp_path):
    nothing = attention_table(pd.DataFrame(columns=["target_day", "site", "band", "past_day", "weight"]), [])

    made = draw(tmp_path, evaluation(), backtest_rows().head(0), nothing, {})

    assert [path.name for path in made] == ["reliability.png", "error_by_step_of_day.png"]


def test_pictures_show_the_typical_and_the_worst_site(tmp_path):
    rows = pd.concat([backtest_rows(), backtest_rows().assign(site="site-1")])
    weights = attention_table(attention_rows().assign(target_day=date(2026, 2, 12)), [])

    made = draw(tmp_path, evaluation(), rows, weights, {"site-0": "Europe/Berlin"})

    names = {path.name for path in made}
    assert {"backtest_typical_site.png", "backtest_worst_site.png", "attention.png"} <= names
    assert all(path.stat().st_size > 5000 for path in made)
