"""MLflow goes away: registering asks to be run again and leaves one version; forecasting goes on with the champion kept here."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from mlflow import MlflowClient

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import from_sites
from pipeline.errors import ServiceError
from pipeline.steps.evaluate import evaluate
from pipeline.steps.forecast import forecast
from pipeline.steps.promote import promote
from pipeline.steps.register import register
from tests.fixtures.grids import make_grid
from tests.fixtures.journal import Journal
from tests.fixtures.training import RUN, evaluation, store_training
from tests.fixtures.wire import Strike, Wire, http_messages

CUTS = 2  # of the line, evenly over what a step says to MLflow
TODAY = Run("forecast", RUN.target_day, RUN.cutoff)


@pytest.fixture
def wire(tracking: str) -> Iterator[Wire]:
    """A line to the tracking server."""
    address = urlsplit(tracking)
    line = Wire(lambda: socket.create_connection((address.hostname, address.port)), http_messages)
    yield line
    line.close()


@pytest.fixture
def far(database: Settings, tracked: Settings, wire: Wire) -> Settings:
    """Settings with a training and a day to forecast in the store, a database, and the tracking server at the other end of the line."""
    address = {"tracking_url": f"http://127.0.0.1:{wire.port}", "registered_model": tracked.registered_model, "context_days": 7}
    settings = database.model_copy(update=address)
    store_training(settings, evaluation())
    store, grid = Store(settings.store_url), make_grid(sites=2, days=40).known_at(TODAY.cutoff)
    store.write_result(TODAY, "extract", {"sites": store.put_frame(TODAY, "sites", from_sites(grid.sites))})
    store.write_result(TODAY, "features", {"grid": store.put(TODAY, "grid", ".safetensors", grid.save), "ladder": {}, "dead": []})
    return settings


def versions(settings: Settings) -> list[tuple]:
    """Versions of the model by content, and what its runs have come to."""
    client = MlflowClient(settings.tracking_url)
    found = [(item.tags["content"],) for item in client.search_model_versions(f"name = '{settings.registered_model}'")]
    runs = client.search_runs([client.get_experiment_by_name(settings.registered_model).experiment_id])
    return found + [("run", run.data.tags["content"]) for run in runs if run.info.status == "FINISHED"]


def test_register_cut_off_anywhere_asks_to_be_run_again_and_leaves_one_version(far: Settings, wire: Wire, journal: Journal):
    run = Run("train-rehearsal", RUN.target_day, RUN.cutoff)
    store_training(far, evaluation(), run=run)
    register(run, far)
    said = len(wire.seen)
    content = versions(far)[0]

    for attempt in range(CUTS):
        run = Run(f"train-{attempt}", RUN.target_day, RUN.cutoff)
        store_training(far, evaluation(), run=run)
        before = versions(far)
        wire.mend()
        wire.strike = Strike((2 * attempt + 1) * said // (2 * CUTS), wire.cut)
        with pytest.raises(ServiceError):
            register(run, far)
        wire.mend()
        started = time.monotonic()
        register(run, far)
        seconds = time.monotonic() - started

        expected = [*before, content, ("run", *content)]
        journal.note("`register` loses MLflow", "connection cut at a request", expected=expected, found=versions(far), seconds=seconds)


def test_evaluate_asks_to_be_run_again_while_it_is_not_known_whether_there_is_a_champion(far: Settings, wire: Wire):
    wire.cut()

    with pytest.raises(ServiceError, match="does not answer"):
        evaluate(RUN, far)


def test_forecast_cut_off_anywhere_goes_on_with_the_champion_that_this_machine_keeps(far: Settings, wire: Wire, journal: Journal):
    version = register(RUN, far)["version"]
    promote(RUN, far)
    wire.mend()
    undisturbed = forecast(TODAY, far)
    whole = rows_of(far, undisturbed)

    for number in range(-1, len(wire.seen.copy())):
        wire.mend()
        wire.strike = Strike(number, wire.cut)
        wire.down = number < 0
        found = rows_of(far, forecast(TODAY, far))

        journal.note("`forecast` loses MLflow", "connection cut before or at a request", expected=whole, found=found)

    assert undisturbed["rungs"] == {"none": 2}
    assert {row[-2:] for row in whole} == {("none", version)}


def test_forecast_without_mlflow_and_without_a_champion_of_its_own_says_so_in_every_row(far: Settings, wire: Wire, journal: Journal):
    register(RUN, far)
    promote(RUN, far)
    wire.mend()
    whole = rows_of(far, forecast(TODAY, far))
    shutil.rmtree(far.home / "models")
    wire.cut()

    degraded = rows_of(far, forecast(TODAY, far))
    wire.mend()

    assert {row[-2:] for row in degraded} == {("seasonal_naive", "seasonal_naive_mean")}
    assert [row[:2] for row in degraded] == [row[:2] for row in whole]
    journal.note(
        "MLflow and this machine's copy gone", "connection cut, folder removed", expected=whole, found=rows_of(far, forecast(TODAY, far))
    )


def rows_of(settings: Settings, result: dict) -> list[tuple]:
    frame = Store(settings.store_url).get_frame(result["forecasts"])
    return list(frame[["site", "ts", "q05", "q50", "q95", "degradation", "model_version"]].itertuples(index=False, name=None))
