"""What somebody asked of a site's day, on its page: a line and a table, until the day is forecast anew."""

import json

import pandas as pd

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ATTENTION, FORECASTS
from pipeline.web.site import Window, site, site_series
from tests.fixtures.fleet import TARGET_DAY, fill_fleet
from tests.fixtures.published import replace_forecasts

ASKED = """
INSERT INTO dayahead.what_ifs (target_day, site, cutoff, supposed, asked_by, capacity, peak, peak_if, volume, volume_if, risk, risk_if)
SELECT target_day, site, cutoff, 'match tonight × 1.5', 'anna', capacity, 100, 150, 1000, 1100, .1, .6
FROM dayahead.site_outlook WHERE site = 'a'
"""


def ask(settings, run_sql) -> None:
    """Leave an answer of half as much again at site a."""
    tables = {}
    for table, columns in (("forecasts", list(FORECASTS)), ("attention", list(ATTENTION))):
        rows = run_sql(f"SELECT {', '.join(columns)} FROM dayahead.{table} WHERE target_day = %s AND site = 'a'", TARGET_DAY)
        tables[table] = pd.DataFrame(rows, columns=columns).assign(role="what_if")
    forecasts = tables["forecasts"].assign(q50=1.01 * tables["forecasts"]["q50"])
    stamps = {name: pd.to_datetime(forecasts[name], utc=True).dt.as_unit("us") for name in ("ts", "cutoff")}
    with connect(settings, "writer") as connection:
        replace_forecasts(connection, forecasts.assign(**stamps), tables["attention"], chosen=True)
    run_sql(ASKED)


def test_a_question_is_a_line_and_a_table_of_the_sites_that_it_means(database, run_sql):
    fill_fleet(database, ["a", "b"], days=3)
    ask(database, run_sql)

    asked, other = (json.loads(site_series(database, Window(name, 7)).body)["columns"] for name in ("a", "b"))

    there = [value is not None for value in asked["what_if"]]
    assert sum(there) == 24
    ratios = [w / q for w, q, here in zip(asked["what_if"], asked["q50"], there, strict=True) if here]
    assert min(ratios) > 1.009
    assert set(other["what_if"]) == {None}
    page = bytes(site(database, Window("a", 7)).body).decode()
    assert "match tonight × 1.5; asked by anna" in page
    assert "+50 %" in page
    assert "asked by" not in bytes(site(database, Window("b", 7)).body).decode()


def test_a_day_that_is_forecast_anew_has_no_question(database, run_sql):
    fill_fleet(database, ["a", "b"], days=3)
    ask(database, run_sql)
    for table in ("forecasts", "peaks"):
        run_sql(f"UPDATE dayahead.{table} SET cutoff = cutoff + interval '1 hour' WHERE role = 'champion' AND target_day = %s", TARGET_DAY)

    assert set(json.loads(site_series(database, Window("a", 7)).body)["columns"]["what_if"]) == {None}
    assert "asked by" not in bytes(site(database, Window("a", 7)).body).decode()
