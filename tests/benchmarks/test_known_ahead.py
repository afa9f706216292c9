"""What notes are worth on real series, tried on a small made-up one."""

import re

import pandas as pd
import pytest

from benchmarks.known_ahead.__main__ import main
from tests.fixtures.grids import make_grid


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Give a file of hourly readings of one site on 70 days."""
    path = tmp_path_factory.mktemp("known") / "traffic.csv"
    values = make_grid(sites=1, days=70).throughput[0]
    instants = pd.date_range("2026-01-05", periods=values.size, freq="h")  # from a Monday on, as the grid
    rows = [f"a,{ts.isoformat()},{value}" for ts, value in zip(instants, values.ravel(), strict=True)]
    path.write_text("\n".join(["site,ts,throughput", *rows]) + "\n")
    return path


def wape_of(told, line):
    """Return the error that a line tells."""
    return float(re.search(rf"{line}\s.*WAPE ([\d.]+)", told)[1])


def test_a_noted_outage_costs_less_than_one_that_is_not(file, capsys):
    main(["outage", str(file), "--models", "lightgbm", "--hours", "8"])

    told = capsys.readouterr().out
    assert wape_of(told, "no outage") <= wape_of(told, "ignore") < wape_of(told, "not noted")


def test_days_of_kinds_are_judged_apart(file, tmp_path, capsys):
    calendar = tmp_path / "closed.csv"
    calendar.write_text("from,to,name\n2026-02-02,2026-02-03,\n2026-03-02,,\n")

    main(["kinds", str(file), "--country", "DE-NW", "--calendar", str(calendar), "--models", "lightgbm"])

    told = capsys.readouterr().out
    for group, days in (("such days", 1), ("a week around", 14), ("all days", 28)):
        assert len(re.findall(rf"{group}\s+{days} days", told)) == 2
