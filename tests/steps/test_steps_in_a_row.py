"""A training, a forecast and its scores: every step in a row, against a real database and a real tracking server."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from psycopg2.extras import execute_values

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.tracking import connected
from pipeline.adapters.postgres.database import connect, driver
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.steps.evaluate import evaluate
from pipeline.steps.extract import extract
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.monitor import monitor
from pipeline.steps.promote import promote
from pipeline.steps.publish import publish
from pipeline.steps.register import register
from pipeline.steps.train import train
from pipeline.steps.validate import validate

DAYS = 50
LAST_DAY = date(2026, 3, 30)  # its actuals are loaded; the day before is 23 hours long in Europe/Berlin
ZONES = {"big": "Europe/Berlin", "small": "Europe/Berlin", "far'; drop table traffic;--": "America/New_York", "new 🚀": "Europe/Berlin"}


def fleet() -> pd.DataFrame:
    """Hourly readings with a daily and a weekly shape; the last site has had a reading for only three days."""
    rng = np.random.default_rng(0)
    ts = pd.date_range(end="2026-03-30 23:00", periods=DAYS * 24, freq="h", tz="UTC")
    frames = []
    for i, (site, zone) in enumerate(ZONES.items()):
        local = ts.tz_convert(zone)
        shape = (1.3 - np.cos(2 * np.pi * local.hour / 24)) * np.where(local.day_of_week >= 5, 0.5, 1.0)
        values = 10.0 ** (i + 2) * shape * np.exp(0.05 * rng.standard_normal(len(ts)))
        frames.append(pd.DataFrame({"site": site, "ts": ts, "throughput": values}))
    readings = pd.concat(frames)
    return readings[(readings["site"] != "new 🚀") | (readings["ts"] >= "2026-03-26")]


@pytest.fixture
def loaded(database: Settings, tracked: Settings, run_sql) -> Settings:
    """Settings with the fleet in ``traffic`` and a tracking server."""
    settings = database.model_copy(
        update={
            "tracking_url": tracked.tracking_url,
            "registered_model": tracked.registered_model,
            "timezone": "Europe/Berlin",
            "test_days": 7,
            "validation_days": 4,
            "context_days": 7,
        }
    )
    with connect(settings) as connection, driver(connection).cursor() as cursor:
        execute_values(cursor, "insert into dayahead.sites (site, timezone, country) values %s", [(s, z, "DE") for s, z in ZONES.items()])
        cursor.execute("create table dayahead.traffic_2026 partition of dayahead.traffic for values from ('2026-01-01') to ('2027-01-01')")
        rows = [(r.site, r.ts.to_pydatetime(), r.throughput) for r in fleet().itertuples()]
        execute_values(cursor, "insert into dayahead.traffic (site, ts, throughput) values %s", rows, page_size=1000)
    return settings


def run_of(purpose: str, day: date, settings: Settings) -> Run:
    return Run(purpose, day, settings.cutoff_of(day))


def prepare(run: Run, settings: Settings) -> None:
    extract(run, settings)
    validate(run, settings)
    features(run, settings)


def test_steps_in_a_row_train_promote_forecast_publish_and_score(loaded: Settings, run_sql):
    training = run_of("train", date(2026, 3, 29), loaded)
    prepare(training, loaded)
    trained = train(training, loaded, epochs=30)
    judged = evaluate(training, loaded)
    version = register(training, loaded)["version"]
    decision = promote(training, loaded)

    day = run_of("forecast", date(2026, 3, 29), loaded)
    prepare(day, loaded)
    made = forecast(day, loaded)
    published = publish(day, loaded)
    scored = monitor(run_of("monitor", date(2026, 3, 31), loaded), loaded)

    assert trained["architecture"] == "gru_attention"
    assert trained["curves"]
    assert judged["wape"]["challenger"] < judged["wape"]["seasonal_naive_day"]
    assert decision["decision"] == "promoted"
    assert registry.champion_version(loaded) == version
    assert made["rungs"] == {"none": 3, "seasonal_naive": 1} or made["rungs"] == {"none": 4}
    assert made["without_forecast"] == []
    mixture = Store(loaded.store_url).get_frame(made["mixture"])
    learnt = mixture.groupby("site")["share"].sum()
    assert len(learnt) == made["rungs"]["none"]
    np.testing.assert_allclose(learnt, 1, atol=0.01)
    assert "networks" in set(mixture["expert"])
    assert published["rows"] == 3 * 23 + 24  # the spring day skips an hour in Berlin, not in New York
    rows = run_sql("select site, count(*), count(distinct ts) from dayahead.next_day group by site order by site")
    assert {site: (n, distinct) for site, n, distinct in rows} == {s: (24, 24) if "York" in z else (23, 23) for s, z in ZONES.items()}
    assert scored["scored"]
    assert run_sql("select count(*) from dayahead.scores where wape < 0.5")[0][0] == 4


def test_another_architecture_becomes_a_version_with_its_attention_logged(loaded: Settings):
    training = run_of("train", date(2026, 3, 29), loaded)
    prepare(training, loaded)
    train(training, loaded, architecture="bahdanau_gru", epochs=1)
    evaluate(training, loaded)

    registered = register(training, loaded)

    with connected(loaded) as client:
        logged = {file.path for file in client.list_artifacts(registered["mlflow_run"])}
    forecaster, _ = registry.load_version(loaded, registered["version"])
    assert forecaster.name == "bahdanau_gru"
    assert "attention.json" in logged


def test_steps_leave_the_same_result_when_run_twice(loaded: Settings, run_sql):
    day = run_of("forecast", date(2026, 3, 29), loaded)
    prepare(day, loaded)
    first = forecast(day, loaded)
    publish(day, loaded)
    before = run_sql("select * from dayahead.forecasts order by target_day, site, ts")

    prepare(day, loaded)
    again = forecast(day, loaded)
    publish(day, loaded)

    assert again == first
    assert run_sql("select * from dayahead.forecasts order by target_day, site, ts") == before


def test_forecast_answers_with_the_seasonal_naive_when_there_is_no_champion(loaded: Settings):
    day = run_of("forecast", date(2026, 3, 29), loaded)
    prepare(day, loaded)

    made = forecast(day, loaded)

    assert made["rungs"] == {"seasonal_naive": 4}


def test_forecast_answers_with_the_seasonal_naive_when_the_tracking_server_is_down(loaded: Settings):
    down = loaded.model_copy(update={"tracking_url": "http://127.0.0.1:9"})
    day = run_of("forecast", date(2026, 3, 29), down)
    prepare(day, down)

    made = forecast(day, down)

    assert made["rungs"] == {"seasonal_naive": 4}


def test_forecast_changes_nothing_when_everything_after_the_cutoff_changes(loaded: Settings, run_sql):
    day = run_of("forecast", date(2026, 3, 29), loaded)
    prepare(day, loaded)
    before = Store(loaded.store_url).get_frame(forecast(day, loaded)["forecasts"])

    run_sql("update dayahead.traffic set throughput = throughput * 7 where ts >= %s", day.cutoff)
    prepare(day, loaded)
    after = Store(loaded.store_url).get_frame(forecast(day, loaded)["forecasts"])

    pd.testing.assert_frame_equal(before, after)


def test_forecast_at_18_00_leaves_six_hours_unknown_and_forecasts_the_whole_next_day(loaded: Settings):
    early = loaded.model_copy(update={"cutoff_lead_hours": 6.0})
    day = run_of("forecast", date(2026, 3, 29), early)
    prepare(day, early)

    rows = Store(early.store_url).get_frame(forecast(day, early)["forecasts"])

    assert day.cutoff == datetime(2026, 3, 28, 17, tzinfo=UTC)
    assert rows.groupby("site").size().to_dict() == {s: 24 if "York" in z else 23 for s, z in ZONES.items()}
