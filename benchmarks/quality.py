"""Accuracy of every model on a folder of files: one table and one JSON file per set.

python -m benchmarks.quality DATA_FOLDER OUT_FOLDER [--seeds 3] [--models NAMES] [--sets esnet nasa] [--stress]

Sets are listed in ``SETS``; a file that is not there is told and left out. Models of earlier calls stay in OUT_FOLDER beside the new
ones. ``--stress`` adds the harder cases: a cutoff at 18:00 the day before, sites unknown to the model with three days of history, and a
fifth of the readings lost with one whole day per site.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.commands.backtest import STANDARD
from pipeline.commands.backtest_report import print_report
from pipeline.commands.backtest_run import BacktestRequest, describe, read_grid
from pipeline.core.evaluation.backtest import backtest, forecast_days, spans_of
from pipeline.core.evaluation.scoring import TWO_NAIVES, score
from pipeline.core.models import create
from pipeline.core.models.contract import FitOptions, Forecast, Forecaster, Origins
from pipeline.core.series.grid import Grid

SETS = {
    "muenster": ("muenster_bike_15min.csv.gz", "Europe/Berlin", "DE", ("*Bismarckallee", "*Schmeddingstra*")),
    "esnet": ("esnet_transatlantic_1h.csv.gz", "UTC", None, ()),
    "nasa": ("nasa_requests_5min.csv.gz", "UTC", None, ()),
    "cortez": ("cortez_isp_5min.csv.gz", "UTC", None, ()),
    "milan": ("milan_cells_1h.csv.gz", "Europe/Rome", "IT", ()),
    "worldcup98": ("worldcup98_requests_10min.csv.gz", "UTC", None, ()),
}
TEST_DAYS, VALIDATION_DAYS, SHORT_DAYS = 28, 14, 3
NO_COST = {"train_seconds": None, "forecast_seconds": None, "peak_mb": None}


def lose_readings(grid: Grid, share: float = 0.2, seed: int = 0) -> Grid:
    """Return the grid without a random share of its readings and without one whole day per site, near or in the test days."""
    rng = np.random.default_rng(seed)
    n, d, _ = grid.shape
    observed = grid.observed & (rng.random(grid.shape) >= share)
    observed[np.arange(n), rng.integers(d - TEST_DAYS - 7, d - 1, n)] = False
    return replace(grid, observed=observed, throughput=np.where(observed, grid.throughput, 0).astype(np.float32))


def forecast_new_sites(forecaster: Forecaster, grid: Grid, days: range, known_days: int = SHORT_DAYS) -> Forecast:
    """Return forecasts of sites that the forecaster does not know and that have only a few days of history at each test day."""
    strangers = tuple(replace(site, name=f"new {site.name}") for site in grid.sites)
    parts = []
    for day in days:
        observed = grid.observed.copy()
        observed[:, : day - known_days] = False
        hidden = replace(grid, sites=strangers, observed=observed, throughput=np.where(observed, grid.throughput, 0))
        parts.append(forecast_days(forecaster, hidden, range(day, day + 1)))
    origins = Origins.every(grid.shape[0], days)
    return Forecast(origins, np.concatenate([part.quantiles for part in parts]))


def run_new_sites(name: str, folder: Path, models: list[str]) -> dict | None:
    """Return the result of one set in which every site is new at every test day; None where its file is not there."""
    request = request_of(name, folder, models, 1, 0.0)
    if request is None:
        return None
    grid = read_grid(request)
    spans = spans_of(grid.shape[1], TEST_DAYS, VALIDATION_DAYS)
    forecasts = {}
    for model in models:
        forecaster = create(model)
        forecaster.fit(grid, spans.split, FitOptions(device="cpu"))
        forecasts[model] = forecast_new_sites(forecaster, grid, spans.test)
    entries = {model: entry | NO_COST | {"frozen": entry} for model, entry in score(grid, forecasts, spans.test).to_json().items()}
    return {"data": describe(request, grid, spans, 0), "models": entries}


def request_of(name: str, folder: Path, models: list[str], seeds: int, lead_hours: float) -> BacktestRequest | None:
    """Return what to run on a set; None where its file is not there."""
    file, timezone, country, excluded = SETS[name]
    if not (folder / file).exists():
        print(f"{name}: no {file} in {folder}, left out")
        return None
    return BacktestRequest(
        file=folder / file,
        models=tuple(models),
        test_days=TEST_DAYS,
        validation_days=VALIDATION_DAYS,
        timezone=timezone,
        country=country,
        seeds=seeds,
        cutoff_lead_hours=lead_hours,
        exclude_sites=excluded,
    )


def run_set(name: str, folder: Path, models: list[str], seeds: int, lead_hours: float = 0.0, thinned: bool = False) -> dict | None:
    """Return the result of one set; None where its file is not there."""
    request = request_of(name, folder, models, seeds, lead_hours)
    if request is None:
        return None
    grid = read_grid(request)
    grid = lose_readings(grid) if thinned else grid
    spans = spans_of(grid.shape[1], TEST_DAYS, VALIDATION_DAYS)
    unknown = round(lead_hours * 60 / grid.step_minutes)
    settings = {model: {} for model in models}
    result = backtest(grid, settings, spans, seeds=range(seeds), unknown_steps=unknown, options=FitOptions(device="cpu"))
    return result.to_json(describe(request, grid, spans, unknown))


def write_beside(file: Path, found: dict) -> None:
    """Write a result; models that the file already holds of the same data stay in it.

    Raises:
        SystemExit: The file is of other days or other options.
    """
    earlier = json.loads(file.read_text()) if file.exists() else {"data": found["data"], "models": {}}
    if earlier["data"] != found["data"]:
        raise SystemExit(f"{file} is of {earlier['data']}, not of {found['data']}: choose another folder")
    file.write_text(json.dumps({"data": found["data"], "models": earlier["models"] | found["models"]}, indent=1))


def summary(results: dict[str, dict], rival: str) -> str:
    """Return the geometric mean over sets of each model's ratios to a rival, as lines of text."""
    lines = []
    for model in sorted({name for found in results.values() for name in found["models"]} - {rival}):
        means = []
        for metric in ("wape", "wql"):
            ratios = [found["models"][model]["ratios"].get(rival, {}).get(metric) for found in results.values()]
            means.append(np.exp(np.mean(np.log([ratio[0] for ratio in ratios if ratio and ratio[0]] or [np.nan]))))
        lines.append(f"{model:<20} over {rival}, geometric mean of {len(results)} sets: WAPE {means[0]:.3f} WQL {means[1]:.3f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", default=STANDARD)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--stress", action="store_true")
    asked = parser.parse_args()
    models = list(dict.fromkeys([*asked.models.split(","), *TWO_NAIVES]))
    cases = {"": partial(run_set, seeds=asked.seeds)}
    if asked.stress:
        cases["-cutoff18"] = partial(run_set, seeds=asked.seeds, lead_hours=6.0)
        cases["-lossy"] = partial(run_set, seeds=asked.seeds, thinned=True)
        cases["-new-sites"] = run_new_sites
    asked.out.mkdir(parents=True, exist_ok=True)
    for suffix, case in cases.items():
        results = {}
        for name in asked.sets:
            found = case(name, asked.data, models)
            if found is None:
                continue
            results[name] = found
            write_beside(asked.out / f"{name}{suffix}.json", found)
            print(f"\n## {name}{suffix}")
            print_report(found)
        print("".join(f"\n{summary(results, rival)}" for rival in ("lightgbm_bag", "lightgbm")))


if __name__ == "__main__":
    main()
