"""Watching the champion, against a real PostgreSQL, a real MLflow and a training snapshot in the store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from mlflow import MlflowClient
from psycopg2.extras import execute_values

from pipeline.adapters.postgres.database import connect, driver
from pipeline.adapters.postgres.monitoring import Reference, RollingError, read_daily_figures
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.steps.decay import decay_of, watch_champions
from pipeline.steps.monitor import monitor
from tests.fixtures.grids import make_grid

SITES, DAYS = 12, 63
GRID = make_grid(sites=SITES, days=DAYS, seed=1)
TRAINED = Run("train", GRID.day_at(DAYS - 7), datetime.combine(GRID.day_at(DAYS - 7), datetime.min.time(), UTC))
DAY = GRID.day_at(DAYS)
RUN = Run("monitor", DAY, datetime.combine(DAY, datetime.min.time(), UTC))
NEXT = Run("monitor", DAY + timedelta(days=1), RUN.cutoff + timedelta(days=1))
SCORE = """
INSERT INTO dayahead.scores (target_day, role, site, model_version, cutoff, steps, actual_total, wape, mase, pinball,
    coverage50, coverage80, coverage90, bias)
SELECT %s - d, 'champion', 'site-0', '1', %s, 24, 100, %s, %s, 1, 0.5, 0.8, 0.9, 0 FROM generate_series(1, %s) AS d
"""
FORECAST = """
INSERT INTO dayahead.forecasts SELECT %s, 'champion', 'site-0', ts, 1, 2, 3, 4, 5, 6, 7, %s, '1', 's', 'none', 'r'
FROM generate_series(%s::timestamptz, %s::timestamptz + interval '23 hours', '1 hour') AS ts
"""


@pytest.fixture
def watched(database, run_sql, tracking, request) -> Settings:
    """A version that learned from all but the last week of a fleet, the fleet's last days in traffic, and a forecast by that version."""
    settings = database.model_copy(update={"tracking_url": tracking, "registered_model": request.node.name})
    client = MlflowClient(tracking)
    run = client.create_run(client.create_experiment(request.node.name))
    client.log_metric(run.info.run_id, "wape", 0.2)
    client.create_registered_model(request.node.name)
    tags = {"run": TRAINED.folder, "cutoff": TRAINED.cutoff.isoformat(), "snapshot": "0123456789abcdef"}
    client.create_model_version(request.node.name, f"{run.info.artifact_uri}/model", run.info.run_id, tags=tags)
    store, learned = Store(settings.store_url), replace(GRID, covariates={}).known_at(TRAINED.cutoff)
    store.write_result(TRAINED, "features", {"grid": store.put(TRAINED, "grid", ".safetensors", learned.save)})
    fill_traffic(settings, run_sql)
    publish(run_sql, DAY)
    return settings


def fill_traffic(settings: Settings, run_sql) -> None:
    rows = []
    for site in range(SITES):
        for day in range(DAYS - 9, DAYS):
            instants, steps = GRID.instants(site, day)
            rows += [(GRID.sites[site].name, ts, float(GRID.throughput[site, day, s])) for ts, s in zip(instants, steps, strict=True)]
    run_sql("SELECT dayahead.ensure_partition('traffic', d) FROM unnest(%s::date[]) AS days (d)", [GRID.day_at(DAYS - 9), DAY])
    with connect(settings) as connection, driver(connection).cursor() as cursor:
        execute_values(cursor, "INSERT INTO dayahead.sites (site) VALUES %s", [(site.name,) for site in GRID.sites])
        execute_values(cursor, "INSERT INTO dayahead.traffic (site, ts, throughput) VALUES %s", rows)


def publish(run_sql, day: date) -> None:
    run_sql("SELECT dayahead.ensure_partition('forecasts', %s)", day)
    run_sql(FORECAST, day, RUN.cutoff, day, day)


def asked(run_sql) -> list[tuple]:
    return run_sql("SELECT target_day, reason FROM dayahead.retrainings ORDER BY 1")


def test_a_fleet_like_the_one_it_learned_from_asks_for_nothing(watched, run_sql):
    result = monitor(RUN, watched)

    assert (result["drifted"], result["retrain"]) == ([], None)
    assert set(result["drift"]) == {"level", "variability", "shape", "completeness"}
    assert run_sql("SELECT count(*), min(site_days), min(model_version) FROM dayahead.drift") == [(4, SITES * 7, "1")]


def test_drift_asks_for_one_training_however_often_it_is_seen(watched, run_sql):
    run_sql("UPDATE dayahead.traffic SET throughput = 3 * throughput")

    first, again = monitor(RUN, watched), monitor(RUN, watched)
    publish(run_sql, NEXT.target_day)
    next_day = monitor(NEXT, watched)

    assert first["drifted"] == ["level"]
    assert first["retrain"].startswith("input drift: level (PSI ")
    assert again["retrain"] == first["retrain"]  # the same day names the same run, which there is already
    assert "level" in next_day["drifted"]
    assert next_day["retrain"] is None
    assert asked(run_sql) == [(DAY, first["retrain"])]


def test_no_drift_is_judged_while_the_week_before_lies_in_what_the_version_learned_from(watched, run_sql):
    run_sql("UPDATE dayahead.traffic SET throughput = 3 * throughput")
    early = Run("monitor", DAY - timedelta(days=1), RUN.cutoff - timedelta(days=1))
    publish(run_sql, early.target_day)

    result = monitor(early, watched)

    assert (result["drift"], result["drifted"], result["retrain"]) == ({}, [], None)
    assert result["watched"] == "version 1; decay alone: the week before the cutoff lies in what it learned from"


def test_no_drift_is_judged_on_a_day_that_was_forecast_once_it_was_over(watched, run_sql):
    run_sql("UPDATE dayahead.traffic SET throughput = 3 * throughput")
    published = "INSERT INTO dayahead.publications VALUES ('champion', %s, %s, %s, 1, 'r', %s)"
    run_sql(published, RUN.cutoff, DAY, DAY, RUN.cutoff + timedelta(days=3))

    result = monitor(RUN, watched)

    assert (result["drift"], result["retrain"]) == ({}, None)
    assert result["watched"] == "version 1; decay alone: the day was forecast once it was over"


def test_scores_of_days_that_the_version_learned_from_are_marked_and_count_nowhere(watched, run_sql):
    run_sql(SCORE, TRAINED.target_day, TRAINED.cutoff - timedelta(days=5), 0.1, 0.9, 4)
    run_sql(SCORE, DAY, RUN.cutoff, 0.3, 0.9, 2)

    monitor(RUN, watched)

    marked = run_sql("SELECT in_sample, count(*) FROM dayahead.scores GROUP BY 1 ORDER BY 1")
    assert marked == [(False, 2), (True, 4)]
    assert run_sql("SELECT days, wape FROM dayahead.site_accuracy_30d") == [(2, pytest.approx(0.3))]
    assert run_sql("SELECT count(*) FROM dayahead.accuracy_by_day") == [(2,)]


def test_missing_readings_are_drift_and_no_reason_to_train(watched, run_sql):
    run_sql("DELETE FROM dayahead.traffic WHERE extract(hour FROM ts) >= 16")

    result = monitor(RUN, watched)

    assert (result["drifted"], result["retrain"]) == (["completeness"], None)


def test_decay_asks_for_a_training_and_again_after_the_cooldown(watched, run_sql):
    run_sql(SCORE, DAY, RUN.cutoff, 0.5, 0.9, 7)

    first = monitor(RUN, watched)
    run_sql("UPDATE dayahead.retrainings SET requested_at = now() - interval '8 days'")
    publish(run_sql, NEXT.target_day)
    later = monitor(NEXT, watched)

    assert first["decay"] == pytest.approx(2.5)
    assert first["retrain"] == "WAPE 0.500 over 7 days is 2.50 times that of its backtest"
    assert later["retrain"].startswith("WAPE 0.500 over 6 days")
    assert [day for day, _ in asked(run_sql)] == [DAY, NEXT.target_day]


def test_two_days_monitored_at_once_ask_for_one_training(watched, run_sql):
    monitor(RUN, watched)  # notes what the champion was
    run_sql(SCORE, DAY, RUN.cutoff, 0.5, 0.9, 7)
    publish(run_sql, NEXT.target_day)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda run: watch_champions(run, watched), [RUN, NEXT]))

    assert sum(result["retrain"] is not None for result in results) == 1
    assert len(asked(run_sql)) == 1


def test_two_bad_days_are_no_decay(watched, run_sql):
    run_sql(SCORE, DAY, RUN.cutoff, 0.9, 3, 2)

    assert monitor(RUN, watched)["decay"] is None


def test_a_backfilled_day_asks_for_nothing(watched, run_sql):
    run_sql(SCORE, DAY, RUN.cutoff, 0.5, 0.9, 7)
    publish(run_sql, DAY + timedelta(days=2))

    result = monitor(RUN, watched)

    assert result["decay"] == pytest.approx(2.5)
    assert result["retrain"] is None


def test_what_the_champion_was_is_noted_once_and_then_needs_neither_mlflow_nor_its_snapshot(watched, run_sql, caplog):
    monitor(RUN, watched)
    run_sql("UPDATE dayahead.traffic SET throughput = 3 * throughput")

    away = watched.model_copy(update={"tracking_url": "http://127.0.0.1:9", "store": (watched.home / "other").resolve().as_uri()})
    result = monitor(RUN, away)

    assert result["drifted"] == ["level"]
    assert "figures not in MLflow yet" in caplog.text


def test_a_snapshot_that_is_gone_is_said_and_decay_is_seen_all_the_same(watched, run_sql):
    run_sql(SCORE, DAY, RUN.cutoff, 0.5, 0.9, 7)
    away = watched.model_copy(update={"store": (watched.home / "other").resolve().as_uri()})

    result = monitor(RUN, away)

    assert "the training snapshot of version 1 is gone" in result["watched"]
    assert result["drift"] == {}
    assert result["decay"] == pytest.approx(2.5)
    assert run_sql("SELECT profile, snapshot FROM dayahead.champion_references") == [(None, "0123456789abcdef")]


def test_without_mlflow_nothing_is_noted_and_nothing_fails(watched, run_sql):
    result = monitor(RUN, watched.model_copy(update={"tracking_url": "http://127.0.0.1:9"}))

    assert result["watched"] == "version 1; what it was trained on is unknown"
    assert run_sql("SELECT count(*) FROM dayahead.champion_references") == [(0,)]


def test_figures_stand_in_mlflow_over_days_and_once(watched, run_sql):
    run_sql(SCORE, DAY, RUN.cutoff, 0.25, 0.9, 3)

    for _ in range(2):
        monitor(RUN, watched)

    client = MlflowClient(watched.tracking_url)
    [run] = client.search_runs([client.get_experiment_by_name(f"{watched.registered_model}-monitoring").experiment_id])
    wape = client.get_metric_history(run.info.run_id, "wape")
    assert [(metric.step, metric.value) for metric in wape] == [((DAY - date(1970, 1, 1)).days - d, 0.25) for d in (3, 2, 1)]
    assert len(client.get_metric_history(run.info.run_id, "drift/level")) == 1
    assert {"coverage80", "bias", "over_naive", "sites"} <= set(run.data.metrics)

    run_sql("UPDATE dayahead.scores SET wape = 0.5 WHERE target_day = %s", DAY - timedelta(days=1))
    monitor(RUN, watched)

    assert client.get_run(run.info.run_id).data.metrics["wape"] == 0.5
    assert len(client.get_metric_history(run.info.run_id, "wape")) == 4


def test_decay_may_be_measured_by_the_seasonal_naive():
    settings = Settings(decay_against="seasonal_naive")
    reference = Reference("1", "s", None, None)

    assert decay_of(RollingError(7, 0.5, 1.1), reference, settings) == 1.1
    assert decay_of(RollingError(7, None, None), reference, settings) is None
    assert decay_of(RollingError(7, 0.5, 1.1), reference, Settings()) is None  # a version without a backtest
    assert np.isclose(decay_of(RollingError(7, 0.5, 1.1), replace(reference, backtest_wape=0.25), Settings()), 2)


def test_a_world_that_broke_asks_for_a_training_on_the_same_day(watched, run_sql):
    Store(watched.store_url).write_result(replace(RUN, purpose="forecast"), "publish", {"rows": 24, "strains": {"1": 0.4}})

    found = watch_champions(RUN, watched)

    assert found["retrain"] == "the world has changed: the weights alone lose 40% more than the forecast that learns every day"
    assert run_sql("SELECT target_day, (figures ->> 'strain')::float FROM dayahead.retrainings") == [(DAY, 0.4)]


def test_an_expert_that_had_hardly_any_share_for_three_weeks_is_named(watched, run_sql):
    shares = (
        "(VALUES ('networks', 0.004), ('networks first site', 0.003), ('mixture', 0.9), ('seasonal_naive_day', 0.002)) AS e (expert, share)"
    )
    rows = f"SELECT %s - d, 'champion', 'site-0', e.expert, e.share, 1 FROM generate_series(0, %s) AS d CROSS JOIN {shares}"
    run_sql(f"INSERT INTO dayahead.mixture {rows} WHERE d < 20", DAY, 40)
    early = watch_champions(RUN, watched)["worthless"]
    run_sql(f"INSERT INTO dayahead.mixture {rows} WHERE d >= 20", DAY, 40)

    assert early == []  # three weeks are not known yet
    assert watch_champions(RUN, watched)["worthless"] == ["networks"]
    with connect(watched, "writer", work="test") as connection:
        figures = read_daily_figures(connection, DAY, DAY)
    assert (DAY, "share/mixture", 0.9) in figures
