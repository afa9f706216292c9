"""Any sequence of publications, faulty ones among them, against a dictionary: what a reader sees is what the dictionary holds."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.errors import DataError
from pipeline.steps.publish import publish
from tests.steps.test_publish import DAY, RUN, attention_rows, forecast_rows, leave

NAMES = ("a", "it's b", "📡 Straße")
SEEN = "SELECT target_day, role, site, count(*), count(DISTINCT ts), min(q05), max(q05) FROM dayahead.forecasts GROUP BY 1, 2, 3"
WEIGHTS = "SELECT target_day, role, site, count(*) FROM dayahead.attention GROUP BY 1, 2, 3"


@st.composite
def publications(draw: st.DrawFn) -> dict:
    """A publication: of which sites and day, at which level, of how many steps, with or without attention, and whether it is faulty."""
    return {
        "sites": tuple(sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1)))),
        "day": DAY + timedelta(days=draw(st.integers(0, 2))),
        "level": float(draw(st.integers(0, 3))),
        "steps": draw(st.sampled_from([23, 24, 25])),
        "past": draw(st.sampled_from([0, 7])),
        "fate": draw(st.sampled_from(["whole", "whole", "whole", "faulty"])),
    }


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(publications(), min_size=1, max_size=6))
def test_any_sequence_of_publications_leaves_the_last_whole_one_of_each_day(database: Settings, run_sql, sequence: list[dict]):
    run_sql("DELETE FROM dayahead.forecasts; DELETE FROM dayahead.attention")
    days: dict[tuple[date, str, str], tuple[int, int, float, float]] = {}
    weights: dict[tuple[date, str, str], int] = {}
    for each in sequence:
        run = Run("forecast", each["day"], RUN.cutoff + (each["day"] - DAY))
        leave(database, *frames(each), run)
        if each["fate"] == "faulty":
            with pytest.raises(DataError):
                publish(run, database)
        else:
            publish(run, database)
            for held in (days, weights):  # a run of the whole fleet: the day holds its sites and no other
                for key in [key for key in held if key[0] == each["day"]]:
                    del held[key]
            for site in each["sites"]:
                key = (each["day"], "champion", site)
                days[key] = (each["steps"], each["steps"], each["level"], each["level"])
                weights |= {key: 4 * each["past"]} if each["past"] else {}

        assert {row[:3]: row[3:] for row in run_sql(SEEN)} == days
        assert {row[:3]: row[3] for row in run_sql(WEIGHTS)} == weights


def frames(publication: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a publication; those of a faulty one break the data contract in the last row."""
    sites, days = publication["sites"], timedelta(days=(publication["day"] - DAY).days)
    forecasts = forecast_rows(publication["level"], sites=sites, steps=publication["steps"]).assign(target_day=publication["day"])
    forecasts["ts"] += days
    forecasts["cutoff"] += days
    attention = attention_rows(sites=sites)[: None if publication["past"] else 0].assign(target_day=publication["day"])
    if publication["fate"] == "faulty":
        forecasts.loc[len(forecasts) - 1, "q05"] = 1e9
    return forecasts, attention
