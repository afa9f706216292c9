"""What the fleet's page asks the database for: real sites in zones a day apart, published by run after run."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.adapters.postgres.whole_days import OF_FLEET, replace_fleet
from pipeline.core.models.contract import QUANTILE_COLUMNS
from pipeline.core.series.clock import day_start, target_day_at
from pipeline.web.fleet import Choice, _totals, absent_sites, on_one_grid, span_of
from pipeline.web.fleet_queries import SORTS, Chosen, facts_of, sites_of
from pipeline.web.reading import views
from pipeline.web.site import Window, _series
from tests.fixtures.published import replace_forecasts
from tests.steps.test_publish import attention_rows, forecast_rows

ZONES = {"berlin": "Europe/Berlin", "kiritimati": "Pacific/Kiritimati", "los angeles": "America/Los_Angeles"}
ALL = Choice("", "", "peak", "down", 1)
CUTOFF = datetime(2026, 8, 20, 22, tzinfo=UTC)  # midnight in Berlin


@pytest.fixture
def settings(database, run_sql):
    """A schedule in Berlin, and a fleet around the world that was forecast on three days."""
    with connect(database) as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, [date(2026, 8, day) for day in range(17, 24)])
    for site, zone in ZONES.items():
        run_sql('INSERT INTO dayahead.sites (site, timezone, capacity, labels) VALUES (%s, %s, 10, \'{"tier": "edge"}\')', site, zone)
    made = database.model_copy(update={"timezone": "Europe/Berlin"})
    for back in (2, 1, 0):
        publish(made, CUTOFF - timedelta(days=back), ZONES)
    return made


def publish(settings, cutoff: datetime, zones: dict[str, str]) -> None:
    """Forecast of each site's own first day from the cutoff on, hour by hour: the median is always 4."""
    frames, attention = [], []
    for site, zone in zones.items():
        day = target_day_at(cutoff, zone)
        ts = pd.date_range(day_start(day, zone), day_start(day + timedelta(days=1), zone), freq="h", inclusive="left")
        row = forecast_rows(sites=(site,)).iloc[[0]].assign(target_day=day, cutoff=cutoff, run_id=f"forecast/{cutoff:%Y%m%dT%H%M%SZ}")
        frames.append(row.loc[row.index.repeat(len(ts))].assign(ts=ts.as_unit("us")))
        attention.append(attention_rows(sites=(site,)).assign(target_day=day))
    with connect(settings, "writer") as connection:
        replace_forecasts(connection, pd.concat(frames, ignore_index=True), pd.concat(attention, ignore_index=True))


def test_total_runs_from_the_cutoff_to_the_end_of_the_schedules_day_with_all_sites_whatever_their_own_day(settings):
    rows, sites, _ = _totals(settings, ALL)

    assert sites == 3
    assert [row["ts"] for row in rows] == [CUTOFF + timedelta(hours=hour) for hour in range(24)]
    assert {row["sites"] for row in rows} == {3}
    assert {row["median"] for row in rows} == {12.0}


def test_the_band_and_the_peak_are_those_of_the_total_itself_where_it_holds_the_sites_chosen(settings, run_sql):
    group = {"sites": 3, **dict(zip(QUANTILE_COLUMNS, range(10, 17), strict=True)), "cutoff": pd.Timestamp(CUTOFF)}
    instants = pd.DatetimeIndex([CUTOFF + timedelta(hours=hour) for hour in range(2)]).as_unit("us")
    frames = {
        "totals": pd.DataFrame({"label": "tier", "value": "edge", "ts": instants} | group).assign(sites=[3, 2]),
        "total_peaks": pd.DataFrame([{"label": "tier", "value": "edge", "sites_at_once": 3, "peak_at": pd.Timestamp(CUTOFF)} | group]),
        "total_volumes": pd.DataFrame([{"label": "tier", "value": "edge"} | group]),
    }
    with connect(settings, "writer") as connection:
        for name, frame in frames.items():
            replace_fleet(connection, OF_FLEET[name], ("champion", date(2026, 8, 21)), frame)

    rows, _, peak = _totals(settings, Choice("", "tier=edge", "peak", "down", 1))
    named, _, no_peak = _totals(settings, Choice("k", "", "peak", "down", 1))

    assert [(row["median"], row["q05"], row["q95"]) for row in rows[:2]] == [(13.0, 10.0, 16.0), (12.0, None, None)]
    assert peak == {"at": CUTOFF.timestamp(), "q05": 10.0, "q50": 13.0, "q95": 16.0}
    assert {row["q05"] for row in named} == {no_peak} == {None}


def test_a_site_far_away_does_not_take_the_day_of_the_page(settings):
    span = span_of(settings, CUTOFF)

    assert (span.day, span.since, span.until) == (date(2026, 8, 21), CUTOFF, CUTOFF + timedelta(days=1))
    assert target_day_at(CUTOFF, ZONES["kiritimati"]) == date(2026, 8, 22)


def test_every_point_says_how_many_sites_it_holds_where_a_site_has_no_day_before(settings):
    publish(settings, CUTOFF, ZONES | {"new york": "America/New_York"})

    rows, sites, _ = _totals(settings, ALL)

    begins = day_start(date(2026, 8, 21), "America/New_York")
    assert sites == 4
    assert [row["sites"] for row in rows] == [4 if row["ts"] >= begins else 3 for row in rows]


def test_a_corrected_zone_and_another_run_mend_the_page(settings, run_sql):
    wrong = ZONES | {"berlin": "Pacific/Kiritimati"}
    run_sql("UPDATE dayahead.sites SET timezone = 'Pacific/Kiritimati' WHERE site = 'berlin'")
    publish(settings, CUTOFF, wrong)
    run_sql("UPDATE dayahead.sites SET timezone = 'Europe/Berlin' WHERE site = 'berlin'")
    publish(settings, CUTOFF, ZONES)

    rows, *_ = _totals(settings, ALL)

    assert {row["sites"] for row in rows} == {3}
    assert len(rows) == 24


def test_an_evening_run_shows_the_evening_and_the_whole_target_day(settings):
    span = span_of(settings, datetime(2026, 8, 20, 18, tzinfo=ZoneInfo("Europe/Berlin")))

    assert (span.day, span.until - span.since) == (date(2026, 8, 21), timedelta(hours=30))


def test_steps_that_only_an_older_grid_has_are_left_out():
    quarter = [{"ts": CUTOFF + timedelta(minutes=15 * i), "sites": 3} for i in range(8)]
    older = [{"ts": CUTOFF + timedelta(minutes=5 * i), "sites": 1} for i in (-3, -2, -1, 1, 2)]

    shown = on_one_grid(sorted(quarter + older, key=lambda row: row["ts"]))

    assert [row["ts"] for row in shown] == [CUTOFF + timedelta(minutes=15 * i) for i in range(-1, 8)]


@pytest.mark.parametrize("sort", SORTS)
def test_sites_are_sorted_searched_and_filtered_by_the_database(settings, sort):
    with views(settings) as read:
        rows = read(sites_of(Chosen("ER", "tier", "edge"), sort, descending=True, limit=10))
        none = read(facts_of(Chosen("berlin", "tier", "core' OR 1=1 --"), 0.05))[0]
        page = read(sites_of(Chosen(), sort, descending=False, limit=1, offset=2))

    assert [row["site"] for row in rows] == ["berlin"]
    assert none["sites"] == 0
    assert len(page) == 1


def test_a_nul_that_was_encoded_twice_does_not_reach_the_database():
    assert Choice("", "re%00gion=%00south", "peak", "down", 1).sites == Chosen("", "region", "south")


def test_sites_without_a_forecast_are_listed_with_the_reason_and_a_dead_one_shows_its_last_readings(settings, run_sql):
    run_sql("INSERT INTO dayahead.sites (site) VALUES ('dead'), ('mute'), ('bad'), ('gone')")
    run_sql("UPDATE dayahead.sites SET retired_at = now() WHERE site = 'gone'")
    run_sql("SET session_replication_role = replica; UPDATE dayahead.sites SET timezone = 'Nowhere' WHERE site = 'dead'")
    run_sql("SELECT dayahead.ensure_partition('traffic', '2026-07-01'), dayahead.ensure_partition('traffic', '2026-08-01')")
    hours = "generate_series('2026-07-01', '2026-07-03', '1 h'::interval)"
    run_sql(f"INSERT INTO dayahead.traffic (site, ts, throughput) SELECT 'dead', ts, 7 FROM {hours} AS ts")
    row = "(%s, '2026-08-20 12:00+00', 'negative throughput', %s, 'r')"
    wrong = f"INSERT INTO dayahead.quarantine (site, ts, reason, payload, run_id) VALUES {row}"
    run_sql(wrong, "bad", '{"a": 1}')
    run_sql(wrong, "nobody knows it", '{"a": 2}')

    found = {row["site"]: (row["reason"], row["last_reading"]) for row in absent_sites(settings)}
    facts, series, *_ = _series(settings, Window("dead", 2))

    assert found == {
        "dead": ("silent; its zone Nowhere is none", datetime(2026, 7, 3, tzinfo=UTC)),
        "gone": ("retired", None),
        "mute": ("no readings", None),
        "bad": ("quarantined: negative throughput", None),
        "nobody knows it": ("unknown: negative throughput", None),
    }
    assert facts["reason"].startswith("silent")
    assert [row["actual"] for row in series] == [7.0] * 49
