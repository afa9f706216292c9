"""The peak of each forecast day, kept beside the forecasts in a real PostgreSQL."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.adapters.postgres.peaks import daily_peaks
from pipeline.core.models.contract import QUANTILE_COLUMNS
from tests.fixtures.published import replace_forecasts

DAY = date(2026, 8, 21)
NO_ATTENTION = pd.DataFrame(columns=["target_day", "role", "site", "band", "past_day", "weight"])


def day_of(sites=("a", "it's b", "📡\n<b>"), level: float = 1.0, degradation: str = "none") -> pd.DataFrame:
    ts = pd.date_range("2026-08-21", periods=24, freq="h", tz="UTC", unit="us")
    rows = pd.DataFrame({"site": np.repeat(sites, 24), "ts": np.tile(ts, len(sites))})
    hill = np.tile(100 - np.abs(np.arange(24) - 18.0), len(sites))
    for i, name in enumerate(QUANTILE_COLUMNS):
        rows[name] = level * (hill + 10 * i)
    return rows.assign(
        target_day=DAY, role="champion", cutoff=datetime(2026, 8, 21, tzinfo=UTC), model_version="3", snapshot="grid-0",
        degradation=degradation, run_id="forecast/x",
    )  # fmt: skip


def put(settings, rows: pd.DataFrame, *, chosen: bool = False) -> None:
    with connect(settings, "writer") as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, [DAY])
    with connect(settings, "writer") as connection:
        replace_forecasts(connection, rows, NO_ATTENTION, chosen=chosen)


def test_peak_is_each_quantiles_largest_value_and_the_instant_of_the_largest_median():
    peaks = daily_peaks(day_of().sample(frac=1, random_state=0).sort_values("ts"))

    assert list(peaks["site"]) == sorted({"a", "it's b", "📡\n<b>"})
    assert set(peaks["peak_at"]) == {pd.Timestamp("2026-08-21 18:00", tz="UTC")}
    assert peaks[list(QUANTILE_COLUMNS)].iloc[0].tolist() == [100, 110, 120, 130, 140, 150, 160]


def test_a_known_peak_takes_the_place_of_the_largest_values_on_its_own_day_and_role_alone():
    known = pd.DataFrame({"target_day": DAY, "role": ["champion", "challenger"], "site": "it's b"})
    known = known.assign(**{name: [7.0 * i, -1.0] for i, name in enumerate(QUANTILE_COLUMNS)})

    peaks = daily_peaks(day_of(), known).set_index("site")

    assert peaks.loc["it's b", list(QUANTILE_COLUMNS)].tolist() == [0, 7, 14, 21, 28, 35, 42]
    assert peaks.loc["a", "q50"] == 130


def test_publishing_keeps_the_peak_of_every_site_and_again_only_what_changed(database, run_sql):
    put(database, day_of())
    before = run_sql("SELECT * FROM dayahead.peaks ORDER BY site")

    put(database, day_of())
    assert run_sql("SELECT * FROM dayahead.peaks ORDER BY site") == before

    put(database, day_of(sites=("a",), level=2.0, degradation="seasonal_naive"), chosen=True)
    found = run_sql("SELECT site, q50, degradation FROM dayahead.peaks ORDER BY site")
    assert found == [("a", 260.0, "seasonal_naive"), ("it's b", 130.0, "none"), ("📡\n<b>", 130.0, "none")]


def test_risk_of_a_capacity_entered_since_is_read_off_the_peak(database, run_sql):
    put(database, day_of())
    run_sql("INSERT INTO dayahead.sites (site, capacity, country, labels) VALUES ('a', 135, 'DE', '{\"tier\": \"edge\"}')")

    (risk, labels) = run_sql("SELECT risk, labels FROM dayahead.site_outlook WHERE site = 'a'")[0]

    assert risk == 0.375
    assert run_sql("SELECT count(*) FROM dayahead.capacity_risk") == [(0,)]
    assert labels == {"tier": "edge", "country": "DE"}


def test_outlook_knows_the_latest_day_of_each_site_and_no_risk_without_a_capacity(database, run_sql):
    put(database, day_of())

    rows = run_sql("SELECT site, target_day, timezone, risk FROM dayahead.site_outlook ORDER BY site")

    assert rows == [(site, DAY, "UTC", None) for site in sorted({"a", "it's b", "📡\n<b>"})]
