"""The step register against a real MLflow server."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from pipeline.adapters.mlflow import registry
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.errors import ServiceError, StoreError
from pipeline.steps.register import register
from tests.fixtures.training import RUN, evaluation, store_training


def test_register_makes_a_version_that_answers_a_reviewers_questions(tracked):
    store_training(tracked, evaluation())

    result = register(RUN, tracked)

    client = MlflowClient(tracked.tracking_url)
    version = client.get_model_version_by_alias(tracked.registered_model, "challenger")
    assert str(version.version) == result["version"] == "1"
    assert result["url"] == f"{tracked.tracking_url}/#/models/{tracked.registered_model}/versions/1"
    for part in ("would promote", "0.800 (0.700 – 0.900)", "lightgbm", "seasonal_naive_week", "site-1", "0.79", "negative throughput"):
        assert part in version.description


def test_settings_that_were_chosen_are_kept_with_the_version(tracked):
    store_training(tracked, evaluation())
    store = Store(tracked.store_url)
    store.write_result(RUN, "train", store.read_result(RUN, "train") | {"chosen": {"hidden": 2048, "covariates": ["a b"]}})

    register(RUN, tracked)

    version = MlflowClient(tracked.tracking_url).get_model_version_by_alias(tracked.registered_model, "challenger")
    assert json.loads(version.tags["settings"]) == {"hidden": 2048, "covariates": ["a b"]}
    assert "**Settings that were chosen** for it: hidden=2048, covariates=" in version.description


def test_register_logs_params_curves_dataset_tables_and_pictures(tracked):
    store_training(tracked, evaluation())

    run_id = register(RUN, tracked)["mlflow_run"]

    client = MlflowClient(tracked.tracking_url)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["architecture"] == "seasonal_naive_week"
    assert run.data.params["model.context_days"] == "7"
    assert run.data.metrics["wql"] == 0.15
    assert run.data.metrics["lightgbm/wape"] == 0.2
    assert run.data.metrics["fit/train_seconds"] == 1.5
    assert [point.value for point in client.get_metric_history(run_id, "fit/validation")] == [0.2]
    assert [point.step for point in client.get_metric_history(run_id, "wape_by_step_of_day")] == [0, 1]
    assert run.inputs.dataset_inputs[0].dataset.digest == "0123456789abcdef"
    assert run.data.tags["mlflow.source.git.commit"]
    logged = {file.path for file in client.list_artifacts(run_id)}
    assert {"model_card.md", "evaluation.json", "attention.json", "wape_by_site.json", "model_summary.txt"} <= logged
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/model_summary.txt").startswith("seasonal_naive_week\n  context_days = 7")
    pictures = {Path(file.path).name for file in client.list_artifacts(run_id, "figures")}
    drawn = {"attention.png", "backtest_typical_site.png", "error_by_step_of_day.png", "losses.png", "reliability.png"}
    assert pictures == {"card.png", *drawn}


def test_register_twice_gives_the_same_version(tracked):
    store_training(tracked, evaluation())

    first, second = register(RUN, tracked), register(RUN, tracked)

    assert first == second
    assert len(MlflowClient(tracked.tracking_url).search_model_versions(f"name = '{tracked.registered_model}'")) == 1


def test_register_makes_another_version_for_another_cutoff(tracked):
    later = Run("train", date(2026, 2, 15), datetime(2026, 2, 15, tzinfo=UTC))
    for run in (RUN, later):
        store_training(tracked, evaluation(), run=run)

    versions = [register(run, tracked)["version"] for run in (RUN, later)]

    assert versions == ["1", "2"]
    assert registry.tags_of(tracked, "challenger")["run"] == later.folder


def test_register_says_which_step_is_missing(tracked):
    with pytest.raises(StoreError, match="no result of step extract"):
        register(RUN, tracked)


def test_register_says_that_the_server_is_down(tmp_path):
    settings = Settings(home=tmp_path, tracking_url="http://127.0.0.1:9")
    store_training(settings, evaluation())

    with pytest.raises(ServiceError, match=r"MLflow server at http://127.0.0.1:9 does not answer"):
        register(RUN, settings)


def test_card_holds_numbers_only_where_the_backtest_has_them(tracked):
    judged = json.loads(json.dumps(evaluation()))
    judged["models"]["challenger"] |= {"coverage80": None, "mase_day": None}
    store_training(tracked, judged)

    register(RUN, tracked)

    description = MlflowClient(tracked.tracking_url).get_model_version(tracked.registered_model, "1").description
    assert "coverage is not known" in description
