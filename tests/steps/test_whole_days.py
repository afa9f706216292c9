"""What is planned of a day, from the shards' paths into the tables: once, together with the forecasts, however the fleet is divided."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.whole_days import delete_before
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import Site, from_sites, with_labels
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.monitor import monitor
from pipeline.steps.publish import publish
from pipeline.steps.validate import validate
from pipeline.web.accuracy import accuracy
from tests.fixtures.snapshots import RUN, make_readings, put_snapshot

SITES = tuple(f"site {i}" for i in range(8))
TOTALS = ("totals", "total_peaks", "total_volumes")
OF_SITES = ("volumes", "risks")


def noisy(names: list[str]) -> pd.DataFrame:
    """Return two weeks of readings, each site's own."""
    readings = make_readings(*names)
    noise = [np.random.default_rng(SITES.index(name)).lognormal(0, 0.2, len(readings) // len(names)) for name in names]
    return readings.assign(throughput=readings["throughput"] * np.concatenate(noise))


def walk(settings: Settings, run: Run, chosen: tuple[str, ...] = SITES) -> None:
    """Do what the chains of a run do before it is published; every second site is of tier edge, and all but the first have a capacity."""
    for part in run.parts():
        names = [name for name in chosen if part.holds(name)]
        sites = tuple(Site(name, capacity=None if name == SITES[0] else 130.0) for name in names)
        put_snapshot(settings, noisy(names), sites, run=part)
        store = Store(settings.store_url)
        labels = {name: {"tier": "edge" if SITES.index(name) % 2 else "core"} for name in names}
        described = store.put_frame(part, "sites", with_labels(from_sites(sites), labels))
        extracted = store.read_result(part, "extract")
        fleet = extracted.get("fleet", {}) | {"chosen": chosen != SITES}
        store.write_result(part, "extract", extracted | {"sites": described, "fleet": fleet})
        for step in (validate, features, forecast):
            step(part, settings)


def rows(run_sql, table: str) -> list:
    return run_sql(f"SELECT * FROM dayahead.{table} ORDER BY 1, 2, 3, 4, 5")


@pytest.fixture
def published(database, run_sql):
    """Settings with a published day of eight sites in one shard."""
    run_sql(
        "INSERT INTO dayahead.sites (site, capacity) SELECT s, nullif(130, CASE s WHEN %s THEN 130 END) FROM unnest(%s) AS s",
        SITES[0],
        list(SITES),
    )
    walk(database, RUN)
    publish(RUN, database)
    return database


def test_what_is_planned_of_four_shards_is_that_of_one(published, run_sql):
    before = {table: rows(run_sql, table) for table in (*OF_SITES, *TOTALS)}
    divided = replace(RUN, shards=4)
    walk(published, divided)

    publish(divided, published)

    assert {table: rows(run_sql, table) for table in (*OF_SITES, *TOTALS)} == before
    assert [len(before[table]) for table in (*OF_SITES, *TOTALS)] == [8, 7, 3 * 24, 3, 3]


def test_a_reader_sees_peaks_totals_and_risk_of_the_latest_run(published, run_sql):
    peaks = run_sql("SELECT site, q05 <= q95, likely_hour IS NOT NULL, volume_q50 > 3600 FROM dayahead.next_day_peaks")
    groups = run_sql("SELECT label, value, min(sites), count(*) FROM dayahead.next_day_totals GROUP BY 1, 2 ORDER BY 1, 2")
    risk = run_sql(
        "SELECT site, count(*), max(probability), max(day_probability), sum(minutes_above) FROM dayahead.capacity_risk GROUP BY 1"
    )
    outlook = dict(run_sql("SELECT site, risk FROM dayahead.site_outlook"))

    assert sorted(peaks) == [(site, True, True, True) for site in SITES]
    assert groups == [("", "", 8, 24), ("tier", "core", 4, 24), ("tier", "edge", 4, 24)]
    assert sorted(row[0] for row in risk) == list(SITES[1:])
    for site, hours, hour, day, minutes in risk:
        assert hours == 24
        assert hour <= day + 1e-6
        assert outlook[site] == day
        assert (minutes > 0) == (day > 0)
    assert outlook[SITES[0]] is None


def test_the_95th_percentile_of_the_month_is_told_where_a_zone_is_set_and_is_that_of_one_shard(published, run_sql):
    assert run_sql("SELECT count(*) FROM dayahead.billing_p95") == [(0,)]
    found = []
    for run in (RUN, replace(RUN, shards=3)):
        settings = published.model_copy(update={"billing_timezone": "Europe/Berlin"})
        walk(settings, run)
        publish(run, settings)
        found.append(run_sql("SELECT * FROM dayahead.billing_p95 ORDER BY site, label, value"))

    assert found[0] == found[1]
    rows = run_sql("SELECT coalesce(site, value), sites, month, readings, to_date, q05, q50, q95 FROM dayahead.billing_p95")
    by_name = {row[0]: row[1:] for row in rows}
    assert sorted(by_name) == sorted([*SITES, "", "core", "edge"])
    for sites, month, readings, to_date, low, median, high in by_name.values():
        assert month == RUN.target_day.replace(day=1)
        assert 0 < readings <= 31 * 24
        assert 0 < low <= median <= high
        assert 0.5 * sites < to_date / by_name[SITES[0]][3] < 2 * sites
    publish(RUN, published)
    walk(published, RUN)
    publish(RUN, published)
    assert run_sql("SELECT count(*) FROM dayahead.billing_p95") == [(0,)], "no longer asked for"


def test_a_run_of_chosen_sites_replaces_their_rows_and_no_total(published, run_sql):
    before = {table: rows(run_sql, table) for table in (*OF_SITES, *TOTALS)}
    run_sql("UPDATE dayahead.volumes SET q05 = 0")
    walk(published, RUN, SITES[2:3])

    publish(RUN, published)

    assert run_sql("SELECT count(*), count(*) FILTER (WHERE q05 = 0) FROM dayahead.volumes") == [(8, 7)]
    assert {table: rows(run_sql, table) for table in TOTALS} == {table: before[table] for table in TOTALS}


def test_what_was_planned_of_days_that_are_over_goes_with_them(published, run_sql):
    for kept, day in ((True, RUN.target_day), (False, RUN.target_day + timedelta(days=1))):
        with connect(published) as connection:
            delete_before(connection, day)

        for table in ("peaks", *OF_SITES, *TOTALS):
            assert bool(rows(run_sql, table)) is kept, table


def test_monitor_scores_what_was_planned_once_it_came_and_again_only_what_changed(published, run_sql):
    run_sql("SELECT dayahead.ensure_partition('traffic', '2026-01-01')")
    fill = """INSERT INTO dayahead.traffic (site, ts, throughput)
        SELECT f.site, f.ts, f.q50 * CASE WHEN f.site = %s THEN 0.5 ELSE 1 END FROM dayahead.forecasts AS f"""
    run_sql(fill, SITES[3])
    next_day = replace(RUN, purpose="monitor", target_day=RUN.target_day + timedelta(days=1), cutoff=RUN.cutoff + timedelta(days=1))

    monitor(next_day, published)

    found = {row[0]: row[1:] for row in run_sql("SELECT quantity, counted, below50, inside80, loss > 0 FROM dayahead.plan_scores")}
    assert {name: row[0] for name, row in found.items()} == {
        "peak": 8, "volume": 8, "total": 24, "total_peak": 1, "total_volume": 1, "risk": 7,
    }  # fmt: skip
    assert found["peak"][1] == 8, "the peak of medians lies below the median of the peak"
    [(said, came, counted)] = run_sql(
        "SELECT sum(said * site_days), sum(came * site_days), sum(site_days) FROM dayahead.risk_reliability_30d"
    )
    outlook = run_sql("SELECT sum(day), count(*) FROM dayahead.risks")
    above = run_sql(
        "SELECT count(*) FROM (SELECT site FROM dayahead.traffic WHERE site <> %s GROUP BY 1 HAVING max(throughput) > 130) AS a", SITES[0]
    )
    assert (round(said, 4), counted) == (round(outlook[0][0], 4), outlook[0][1])
    assert round(came, 6) == above[0][0]
    page = bytes(accuracy(published).body).decode()
    assert all(
        text in page for text in ("Peak of a site&#39;s day", "Fleet&#39;s volume", "Risk of going above the capacity", "80 – 100 %")
    )
    before = run_sql("SELECT ctid, * FROM dayahead.plan_scores ORDER BY quantity")
    monitor(next_day, published)
    assert run_sql("SELECT ctid, * FROM dayahead.plan_scores ORDER BY quantity") == before
