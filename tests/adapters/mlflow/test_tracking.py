"""What a training leaves in a real MLflow, as a person meets it there."""

import time
from datetime import UTC, date, datetime

import pytest
from mlflow import MlflowClient

from pipeline.adapters.mlflow.tracking import DatasetUsed, TrainingRecord, log_training
from pipeline.adapters.store.snapshots import Run

RUN = Run("train", date(2026, 8, 21), datetime(2026, 8, 21, tzinfo=UTC))


@pytest.fixture
def logged(tracked):
    """The MLflow run of a fit that took a minute, and its client."""
    record = TrainingRecord(
        params={"architecture": "lightgbm"},
        curves=[{"iteration": 10, "loss": 0.3, "validation": None}, {"iteration": 20, "loss": 0.2, "validation": 0.1}],
        system=[{"seconds": 30.0, "cpu_utilization_percentage": 80.0}],
        metrics={"fit/train_seconds": 60.0, "wape": 0.05, "bias": float("nan")},
        dataset=DatasetUsed("file:///store/readings-0123.parquet", rows=100, sites=2, digest="0123"),
        tags={"run": RUN.folder, "content": "abc"},
    )
    client = MlflowClient(tracked.tracking_url)
    return client, client.get_run(log_training(tracked, RUN, record)), record, tracked


def test_run_says_by_its_name_which_model_learned_for_which_day(logged):
    _, run, *_ = logged

    assert run.info.run_name == "train 2026-08-21 lightgbm"
    assert run.data.tags["mlflow.user"] == "dayahead"


def test_run_lasts_as_long_as_the_fit_and_holds_its_system_metrics(logged):
    client, run, *_ = logged

    [sample] = client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")

    assert run.info.start_time + 60_000 <= run.info.end_time <= time.time() * 1000 + 1000
    assert sample.timestamp == run.info.start_time + 30_000


def test_curves_run_over_training_steps_and_what_is_no_figure_is_left_out(logged):
    client, run, *_ = logged

    assert [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, "fit/loss")] == [(10, 0.3), (20, 0.2)]
    assert [point.step for point in client.get_metric_history(run.info.run_id, "fit/validation")] == [20]
    assert "bias" not in run.data.metrics


def test_experiment_explains_its_figures_and_opens_as_one_of_trained_models(logged):
    client, run, *_ = logged

    tags = client.get_experiment(run.info.experiment_id).tags

    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert "fit/" in tags["mlflow.note.content"]


def test_same_training_is_logged_once(logged):
    client, run, record, tracked = logged

    assert log_training(tracked, RUN, record) == run.info.run_id
    assert len(client.search_runs([run.info.experiment_id])) == 1
