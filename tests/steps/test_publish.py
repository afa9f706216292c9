"""Step publish against a real PostgreSQL: all of a day or nothing."""

import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.adapters.postgres.whole_days import MIXTURE
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.errors import DataError, StoreError
from pipeline.steps.publish import publish
from tests.fixtures.published import replace_forecasts

DAY = date(2026, 8, 21)
RUN = Run("forecast", DAY, datetime(2026, 8, 21, tzinfo=UTC))
SITES = ("a", "it's b", "📡 Straße")
ROWS = "SELECT * FROM dayahead.forecasts ORDER BY target_day, role, site, ts"


def forecast_rows(level: float = 1.0, sites=SITES, steps: int = 24, role: str = "champion") -> pd.DataFrame:
    ts = pd.date_range("2026-08-21", periods=steps, freq="h", tz="UTC", unit="us")
    frame = pd.DataFrame({"site": np.repeat(sites, steps), "ts": np.tile(ts, len(sites))})
    frame["ts"] = frame["ts"].astype("datetime64[us, UTC]")
    for i, name in enumerate(QUANTILE_COLUMNS):
        frame[name] = level + i
    return frame.assign(
        target_day=DAY, role=role, cutoff=pd.Timestamp(RUN.cutoff), model_version="3", snapshot="grid-0", degradation="none", run_id="r"
    )


def attention_rows(sites=SITES, past: int = 7) -> pd.DataFrame:
    frame = pd.MultiIndex.from_product([sites, range(4), range(past)], names=["site", "band", "lag"]).to_frame(index=False)
    frame["past_day"] = [DAY - pd.Timedelta(days=int(lag) + 1) for lag in frame.pop("lag")]
    return frame.assign(target_day=DAY, role="champion", weight=1 / past)


def peak_rows(forecasts: pd.DataFrame) -> pd.DataFrame:
    largest = forecasts.groupby(["target_day", "role", "site"], as_index=False)[list(QUANTILE_COLUMNS)].max()
    return largest.assign(**{name: largest[name] + 100 for name in QUANTILE_COLUMNS})


def leave(
    settings, forecasts: pd.DataFrame, attention: pd.DataFrame, run: Run = RUN, *, chosen: bool = False, mixture: pd.DataFrame | None = None
) -> None:
    store = Store(settings.store_url)
    frames = {"forecasts": forecasts, "attention": attention, "peaks": peak_rows(forecasts)}
    files = {name: store.put_frame(run, name, frame) for name, frame in frames.items()}
    if mixture is not None:
        files["mixture"] = store.put_frame(run, "mixture", mixture)
    store.write_result(run, "forecast", files | {"fleet": {"chosen": chosen}})


def test_publish_writes_the_day_of_every_site(database, run_sql):
    leave(database, forecast_rows(), attention_rows())

    result = publish(RUN, database)

    assert {"rows": 72, "sites": 3, "target_days": ["2026-08-21"]}.items() <= result.items()
    found = run_sql("SELECT site, count(*), min(q05), max(q95), min(ts)::text FROM dayahead.forecasts GROUP BY site ORDER BY site")
    assert found == [(site, 24, 1.0, 7.0, "2026-08-21 00:00:00+00") for site in sorted(SITES)]
    assert run_sql("SELECT count(*), sum(weight)::numeric(9, 6)::float FROM dayahead.attention") == [(84, 12.0)]


def test_publish_keeps_the_peaks_that_the_forecast_knows(database, run_sql):
    leave(database, forecast_rows(), attention_rows())

    publish(RUN, database)

    assert run_sql("SELECT DISTINCT q05, q50, q95 FROM dayahead.peaks") == [(101.0, 104.0, 107.0)]


def test_publish_twice_leaves_identical_rows_and_none_more(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    before = run_sql(ROWS)

    publish(RUN, database)

    assert run_sql(ROWS) == before


def test_publish_again_replaces_what_changed_and_removes_what_is_gone(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    leave(database, forecast_rows(level=5.0, steps=23), attention_rows(past=6))

    publish(RUN, database)

    assert run_sql("SELECT count(*), min(q05), max(q05) FROM dayahead.forecasts") == [(69, 5.0, 5.0)]
    assert run_sql("SELECT count(*) FROM dayahead.attention") == [(72,)]


@pytest.mark.parametrize("whole_month", [False, True])
def test_a_site_that_the_run_did_not_forecast_has_no_row_any_more(database, run_sql, whole_month):
    if whole_month:
        run_sql("SELECT dayahead.ensure_partition('forecasts', '2026-08-01'), dayahead.ensure_partition('attention', '2026-08-01')")
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    leave(database, forecast_rows(level=9.0, sites=("a",)), attention_rows(sites=("a",)))

    publish(RUN, database)

    for table in ("forecasts", "attention", "peaks", "next_day", "site_outlook"):
        assert run_sql(f"SELECT DISTINCT site FROM dayahead.{table}") == [("a",)], table
    assert run_sql("SELECT role, first_day, last_day, sites FROM dayahead.publications") == [("champion", DAY, DAY, 1)]


def test_a_site_that_was_forecast_yesterday_and_not_today_leaves_the_next_day_and_keeps_its_past(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    tomorrow, cutoff = DAY + timedelta(days=1), RUN.cutoff + timedelta(days=1)
    run = Run("forecast", tomorrow, cutoff)
    rows = forecast_rows(sites=("a",)).assign(target_day=tomorrow, cutoff=pd.Timestamp(cutoff))
    leave(database, rows, attention_rows(sites=("a",)).assign(target_day=tomorrow), run)

    publish(run, database)

    assert run_sql("SELECT DISTINCT site FROM dayahead.next_day") == run_sql("SELECT site FROM dayahead.site_outlook") == [("a",)]
    assert run_sql("SELECT count(DISTINCT site) FROM dayahead.forecasts WHERE target_day = %s", DAY) == [(3,)]


def test_a_site_that_moves_to_another_zone_leaves_the_day_that_the_same_run_gave_it_before(database, run_sql):
    tomorrow = DAY + timedelta(days=1)
    there = [rows.assign(target_day=tomorrow) for rows in (forecast_rows(sites=("a",)), attention_rows(sites=("a",)))]
    here = forecast_rows(sites=("it's b",)), attention_rows(sites=("it's b",))
    leave(database, *(pd.concat(both, ignore_index=True) for both in zip(here, there, strict=True)))
    publish(RUN, database)
    leave(database, forecast_rows(sites=("a", "it's b")), attention_rows(sites=("a", "it's b")))

    publish(RUN, database)

    for table in ("forecasts", "attention", "peaks"):
        assert run_sql(f"SELECT DISTINCT site, target_day FROM dayahead.{table} ORDER BY 1") == [("a", DAY), ("it's b", DAY)], table


def test_a_full_temporary_folder_is_told_in_words_and_nothing_is_published(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    before = run_sql(ROWS)
    leave(database, forecast_rows(level=9.0, sites=("a",)), attention_rows(sites=("a",)), chosen=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # what is written beyond fails as on a full disk
        with pytest.raises(StoreError, match=r"cannot keep rows of forecasts in the temporary folder: .*set TMPDIR"):
            publish(RUN, database)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert run_sql(ROWS) == before


def test_publish_of_chosen_sites_leaves_the_others_alone(database, run_sql):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    leave(database, forecast_rows(level=9.0, sites=("a",)), attention_rows(sites=("a",)), chosen=True)

    publish(RUN, database)

    assert run_sql("SELECT count(DISTINCT site) FROM dayahead.next_day") == [(3,)]

    assert run_sql("SELECT site, max(q05) FROM dayahead.forecasts GROUP BY site ORDER BY site") == [
        ("a", 9.0),
        ("it's b", 1.0),
        ("📡 Straße", 1.0),
    ]


def test_publish_of_a_fleet_across_zones_leaves_the_day_that_a_site_got_from_the_run_before(database, run_sql):
    def across(run_day: date) -> tuple[pd.DataFrame, pd.DataFrame]:
        tomorrow = run_day + timedelta(days=1)
        east, west = forecast_rows(sites=("a",)).assign(target_day=tomorrow), forecast_rows(sites=("it's b",)).assign(target_day=run_day)
        weights = [attention_rows(sites=("a",)).assign(target_day=tomorrow), attention_rows(sites=("it's b",)).assign(target_day=run_day)]
        cutoff = pd.Timestamp(run_day, tz="UTC")
        return pd.concat([east, west], ignore_index=True).assign(cutoff=cutoff), pd.concat(weights, ignore_index=True)

    for day in (DAY, DAY + timedelta(days=1)):
        run = Run("forecast", day, datetime(day.year, day.month, day.day, tzinfo=UTC))
        leave(database, *across(day), run)
        publish(run, database)

    expected = [("a", DAY + timedelta(days=1)), ("a", DAY + timedelta(days=2)), ("it's b", DAY), ("it's b", DAY + timedelta(days=1))]
    for table in ("forecasts", "attention"):
        assert run_sql(f"SELECT DISTINCT site, target_day FROM dayahead.{table} ORDER BY 1, 2") == expected
    assert run_sql("SELECT DISTINCT site, target_day FROM dayahead.next_day ORDER BY 1, 2") == [expected[1], expected[3]]


def test_publish_takes_a_forecast_without_attention(database, run_sql):
    leave(database, forecast_rows(), attention_rows()[:0])

    publish(RUN, database)

    assert run_sql("SELECT count(*) FROM dayahead.attention") == [(0,)]


def test_publish_before_forecast_says_what_to_run(database):
    with pytest.raises(StoreError, match="no result of step forecast"):
        publish(RUN, database)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("q05", 99.0, "quantiles_ascend"), ("q95", np.inf, "quantiles_ascend"), ("q50", np.nan, "null value in column")],
)
def test_a_forecast_with_a_bad_quantile_is_refused_whole(database, run_sql, column, value, message):
    rows = forecast_rows()
    rows.loc[5, column] = value
    leave(database, rows, attention_rows())

    with pytest.raises(DataError, match=message):
        publish(RUN, database)

    assert run_sql("SELECT count(*) FROM dayahead.forecasts") == [(0,)]


def test_a_forecast_with_a_step_twice_names_it(database):
    rows = forecast_rows()
    leave(database, pd.concat([rows, rows[:1]]), attention_rows())

    with pytest.raises(DataError, match=r"a row of forecasts stands twice: Key .*=\(2026-08-21, champion, a, .* is duplicated; expected"):
        publish(RUN, database)


def test_a_forecast_without_a_column_names_it(database):
    leave(database, forecast_rows().drop(columns="cutoff"), attention_rows())

    with pytest.raises(DataError, match="the rows of forecasts lack cutoff"):
        publish(RUN, database)


def test_two_publishers_at_once_leave_one_whole_day(database, run_sql):
    leave(database, forecast_rows(), attention_rows())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: publish(RUN, database), range(4)))

    assert run_sql("SELECT count(*) FROM dayahead.forecasts") == [(72,)]


KILLED = """
import sys, time
from tests.steps.test_publish import attention_rows, forecast_rows
from pydantic import SecretStr
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import stage_days, swap_days
from pipeline.config import Settings
from tests.steps.test_publish import DAY
with connect(Settings(database_url=SecretStr(sys.argv[1])), "writer") as connection:
    staged = stage_days(connection, [("champion", DAY)], [forecast_rows(level=50.0)], [attention_rows()])
    if sys.argv[2] == "swapped":
        swap_days(connection, staged)
    print("written", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("point", ["staged", "swapped"])
def test_a_publisher_killed_half_way_leaves_the_old_day_whole(database, run_sql, point):
    leave(database, forecast_rows(), attention_rows())
    publish(RUN, database)
    before = run_sql(ROWS)
    command = [sys.executable, "-c", KILLED, database.database_url.get_secret_value(), point]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "written\n"
    while_writing = run_sql(ROWS) if point == "staged" else before

    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)

    assert while_writing == before
    assert run_sql(ROWS) == before
    publish(RUN, database)
    assert run_sql(ROWS) == before


def test_both_roles_of_a_day_stand_side_by_side(database, run_sql):
    both = pd.concat([forecast_rows(), forecast_rows(level=3.0, role="challenger")])
    with connect(database, "writer") as connection:
        ensure_partitions(connection, "forecasts", [DAY])
    with connect(database, "writer") as connection:
        replace_forecasts(connection, both, attention_rows()[:0])

    assert run_sql("SELECT role, count(*) FROM dayahead.forecasts GROUP BY role ORDER BY role") == [("challenger", 72), ("champion", 72)]


def mixture_rows(*sites: str) -> pd.DataFrame:
    experts = (("main", 0.7, 1.0), ("main site", 0.3, 1.2))
    return pd.DataFrame([(DAY, "champion", site, *expert) for site in sites for expert in experts], columns=list(MIXTURE))


def test_what_a_day_was_mixed_from_is_replaced_with_it_and_no_row_stays_of_a_site_that_is_gone(database, run_sql):
    leave(database, forecast_rows(), attention_rows(), mixture=mixture_rows("a", "it's b"))
    publish(RUN, database)
    leave(database, forecast_rows(level=9.0, sites=("a",)), attention_rows(sites=("a",)), mixture=mixture_rows("a"))

    publish(RUN, database)

    found = run_sql("SELECT site, expert, share, level FROM dayahead.forecast_mixture ORDER BY site, expert")
    assert found == [("a", "main", 0.7, 1.0), ("a", "main site", 0.3, 1.2)]


def test_publish_of_chosen_sites_keeps_what_the_others_were_mixed_from(database, run_sql):
    leave(database, forecast_rows(), attention_rows(), mixture=mixture_rows("a", "it's b"))
    publish(RUN, database)
    leave(database, forecast_rows(level=9.0, sites=("a",)), attention_rows(sites=("a",)), chosen=True, mixture=mixture_rows("a").head(1))

    publish(RUN, database)

    assert run_sql("SELECT site, count(*) FROM dayahead.mixture GROUP BY site ORDER BY site") == [("a", 1), ("it's b", 2)]
