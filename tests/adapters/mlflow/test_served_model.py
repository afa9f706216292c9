"""The served model: rows in, rows of quantiles out."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.adapters.mlflow.served_model import OUTPUT_COLUMNS, ServedModel
from pipeline.core import models
from pipeline.core.series.frames import Site
from pipeline.errors import DataError
from pipeline.steps.register import register
from tests.fixtures.training import RUN, evaluation, store_training

BERLIN = Site("berlin", "Europe/Berlin")


@pytest.fixture
def served(tmp_path: Path) -> ServedModel:
    """A seasonal naive (same weekday last week) that knows a site in Berlin and reads every quarter hour."""
    folder = tmp_path / "forecaster"
    folder.mkdir()
    models.create("seasonal_naive_week", context_days=7).save(folder)
    fleet = {"sites": [asdict(BERLIN)], "timezone": "UTC", "step_minutes": 15, "covariates": ["device_num"]}
    (tmp_path / "fleet.json").write_text(json.dumps(fleet))
    model = ServedModel()
    model.load_context(SimpleNamespace(artifacts={"forecaster": str(folder), "fleet": str(tmp_path / "fleet.json")}))
    return model


def rows(end: str, *, site: str = "berlin", days: int = 8, timezone: str = "Europe/Berlin") -> pd.DataFrame:
    """Readings of the days before ``end`` (local), each the number of minutes since its local midnight."""
    ts = pd.date_range(end=end, periods=days * 96 + 1, freq="15min", tz=timezone, inclusive="left")
    minutes = ts.hour * 60 + ts.minute
    return pd.DataFrame({"site": site, "ts": ts.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ"), "throughput": minutes.to_numpy()})


def test_served_model_answers_the_local_day_after_the_last_reading(served):
    answer = served.predict(None, rows("2026-08-21"))

    assert tuple(answer.columns) == OUTPUT_COLUMNS
    assert len(answer) == 96
    assert answer["ts"].iloc[[0, -1]].tolist() == ["2026-08-20T22:00:00Z", "2026-08-21T21:45:00Z"]
    np.testing.assert_allclose(answer["q50"], np.arange(96) * 15)


@pytest.mark.parametrize(("day", "instants"), [("2026-03-29", 92), ("2025-10-26", 100)])
def test_served_model_answers_each_instant_once_when_the_clock_changes(served, day, instants):
    answer = served.predict(None, rows(day))

    assert len(answer) == answer["ts"].nunique() == instants


def test_served_model_answers_a_site_it_never_saw_in_the_zone_it_is_told(served):
    answer = served.predict(None, rows("2026-08-21", site="new", timezone="Asia/Tokyo"), {"timezone": "Asia/Tokyo"})

    assert answer["site"].unique().tolist() == ["new"]
    assert answer["ts"].iloc[0] == "2026-08-20T15:00:00Z"


def test_served_model_answers_every_site_for_its_own_day(served):
    both = pd.concat([rows("2026-08-21"), rows("2026-08-18", site="early", timezone="UTC")])

    first = served.predict(None, both).groupby("site")["ts"].min()

    assert first.to_dict() == {"berlin": "2026-08-20T22:00:00Z", "early": "2026-08-18T00:00:00Z"}


def test_served_model_does_not_look_past_the_cutoff(served):
    known, cutoff = rows("2026-08-21"), {"cutoff": "2026-08-20T16:00:00+00:00"}
    changed = known.assign(throughput=known["throughput"].where(known["ts"] < "2026-08-20T16:00:00Z", 1e9))

    answer, other = served.predict(None, known, cutoff), served.predict(None, changed, cutoff)

    assert answer["ts"].iloc[0] == "2026-08-20T22:00:00Z"
    pd.testing.assert_frame_equal(answer, other)


def test_served_model_reads_a_ts_without_offset_on_the_sites_own_clock(served):
    known = rows("2026-08-21")
    local = pd.to_datetime(known["ts"]).dt.tz_convert("Europe/Berlin").dt.strftime("%Y-%m-%d %H:%M:%S")

    answer = served.predict(None, known.assign(ts=local))

    pd.testing.assert_frame_equal(answer, served.predict(None, known))


def test_served_model_takes_instants_as_pandas_and_postgres_write_them(served):
    known = rows("2026-08-21")
    instants = pd.to_datetime(known["ts"])

    for ts in (instants, instants.dt.strftime("%Y-%m-%d %H:%M:%S+00")):
        pd.testing.assert_frame_equal(served.predict(None, known.assign(ts=ts)), served.predict(None, known))


def test_served_model_takes_missing_readings_and_covariates(served):
    known = rows("2026-08-21").assign(device_num=3)
    known["throughput"] = known["throughput"].astype(object).where(known.index % 50 != 0, None)

    assert served.predict(None, known)["q50"].notna().all()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"throughput": "many"}, "throughput 'many' is not a number"),
        ({"ts": "yesterday"}, "ts 'yesterday' is no instant; expected for instance"),
    ],
)
def test_served_model_names_the_value_it_cannot_read(served, fault, message):
    with pytest.raises(DataError, match=message):
        served.predict(None, rows("2026-08-21").assign(**fault))


def test_served_model_refuses_rows_it_cannot_answer(served):
    known = rows("2026-08-21")

    with pytest.raises(DataError, match=r"column\(s\) throughput missing; found site, ts"):
        served.predict(None, known.drop(columns="throughput"))
    with pytest.raises(DataError, match="no rows: expected readings"):
        served.predict(None, known.head(0))
    with pytest.raises(DataError, match="come every 60 minutes; this version was trained on readings of every 15"):
        served.predict(None, known.iloc[::4])
    with pytest.raises(DataError, match="cutoff 'noon' is no instant"):
        served.predict(None, known, {"cutoff": "noon"})


def test_mlflow_models_predict_answers_rows_of_csv(tracked, tmp_path):
    store_training(tracked, evaluation())
    version = register(RUN, tracked)["version"]
    ts = pd.date_range("2026-02-01", "2026-02-14", freq="h", tz="UTC", inclusive="left").strftime("%Y-%m-%dT%H:%M:%SZ")
    pd.DataFrame({"site": "site-0", "ts": ts, "throughput": range(len(ts))}).to_csv(tmp_path / "rows.csv", index=False)
    uri = f"models:/{tracked.registered_model}/{version}"
    command = [sys.executable, "-m", "mlflow", "models", "predict", "-m", uri, "-i", "rows.csv", "-t", "csv", "-o", "out.json"]

    done = subprocess.run(
        [*command, "--env-manager", "local"],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path), "MLFLOW_TRACKING_URI": tracked.tracking_url},
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert done.returncode == 0, done.stderr
    answer = pd.DataFrame(json.loads((tmp_path / "out.json").read_text())["predictions"])
    assert tuple(answer.columns) == OUTPUT_COLUMNS
    assert answer["ts"].iloc[[0, -1]].tolist() == ["2026-02-14T00:00:00Z", "2026-02-14T23:00:00Z"]
    np.testing.assert_allclose(answer["q50"], np.arange(6 * 24, 7 * 24))
