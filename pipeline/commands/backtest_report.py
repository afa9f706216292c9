"""The backtest for people: a table that fits 80 columns, and plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pipeline.core.evaluation.backtest import Backtest
    from pipeline.core.series.grid import Grid

PLOTTED_DAYS = 7
ACCURACY = """Mean over seeds. WAPE, WQL and MASE (season: a day): lower is better. In %: bias
and how many actuals fell into the 50, 80 and 90 % intervals."""
REPLAY = "What production would have done: weekly trainings through the gate, daily learning."
COSTS = ("train_seconds", "peak_mb")
LEARNING = """What learning every day is worth: error over that of one fit and nothing else,
and in % how many actuals the 80 % interval of that fit held."""
RIVALS = {"seasonal_naive": "better of yesterday and last week", "lightgbm_bag": "LightGBM bagged, learning alike", "lightgbm": "LightGBM"}
WHOLE_DAYS = """Whole days: pinball loss over the mean actual; the same over that of the
largest quantile (peak) or of the quantiles' sum (volume, total); in %: how many
actuals fell into the 80 % interval."""
QUANTITIES = {"peak": "peak_of_quantiles", "volume": "sum_of_quantiles", "total": "total_of_quantiles"}


def print_report(found: dict[str, Any], console: Console | None = None) -> None:
    """Print the result: accuracy, then comparisons with their intervals, best model first."""
    console = console or Console(width=80, soft_wrap=False)
    about, models = found["data"], dict(sorted(found["models"].items(), key=lambda item: item[1]["wql"] or 0))
    console.print(
        f"{about['file']}: {about['sites']} sites, {about['steps_per_day']} steps a day\n"
        f"test {about['first_test_day']} to {about['last_test_day']}, one forecast a day"
        + (f", last {about['unknown_steps']} steps before each day unknown" if about["unknown_steps"] else "")
    )
    for reason, count in about.get("left_out", {}).items():
        console.print(f"{count:,} of {about['rows']:,} rows left out: {reason}")
    console.print(f"\n{ACCURACY}")
    console.print(_accuracy(models))
    replays = {name: model for name, model in models.items() if model.get("replay", {}).get("changes")}
    if replays:
        console.print(f"\n{REPLAY}")
        console.print(_accuracy({name: model["replay"] | {key: model[key] for key in COSTS} for name, model in replays.items()}))
        for name, model in replays.items():
            for change in model["replay"]["changes"][0]:
                became = "promoted" if change["promoted"] else "refused"
                console.print(f"{name} {change['day']} {change['asked_by']}: {became}, {change['reason']}")
    learnt = {name: model for name, model in models.items() if model["frozen"]["wql"] != model["wql"]}
    if learnt:
        console.print(f"\n{LEARNING}")
        console.print(_learning(learnt))
    console.print(f"\n{WHOLE_DAYS}")
    console.print(_whole_days(models))
    for rival, words in RIVALS.items():
        compared = {name: model["ratios"][rival] for name, model in models.items() if rival in model["ratios"]}
        if compared:
            console.print(f"\nError over that of {words}, with its 95 % interval over days")
            console.print(_comparison(compared))


def write_plots(folder: Path, grid: Grid, result: Backtest, found: dict[str, Any]) -> list[Path]:
    """Write the plots of every model into a folder and return their paths."""
    from pipeline.core.evaluation.plots import plot_attention, plot_error_by_step, plot_reliability

    models = found["models"]
    span = f"{found['data']['file']}, {found['data']['first_test_day']} to {found['data']['last_test_day']}"
    reliability = {name: list(model["reliability"].values()) for name, model in models.items()}
    by_step = {name: model["wape_by_step"] for name, model in models.items()}
    written = [
        plot_reliability(folder / "reliability.png", reliability, title=f"Reliability\n{span}"),
        plot_error_by_step(folder / "error_by_step.png", by_step, title=f"Error by time of day, {span}"),
    ]
    for name, forecasts in result.forecasts.items():
        written.append(_plot_busiest_site(folder, grid, result, name))
        if forecasts[0].attention is not None:
            weights = np.nanmean(forecasts[0].attention, axis=0)
            written.append(plot_attention(folder / f"attention_{name}.png", weights, title=f"Attention of {name}, mean of sites and days"))
    return written


def _plot_busiest_site(folder: Path, grid: Grid, result: Backtest, name: str) -> Path:
    """Last week of the test days at the site with the most traffic."""
    from pipeline.core.evaluation.plots import plot_forecast

    forecast, days = result.forecasts[name][0], result.spans.test[-PLOTTED_DAYS:]
    site = int((grid.throughput * grid.observed)[:, days.start : days.stop].sum(axis=(1, 2)).argmax())
    zone = grid.sites[site].timezone
    instants, quantiles, actual = [], [], []
    for day in days:
        row = int(np.flatnonzero((forecast.origins.day == day) & (forecast.origins.site == site))[0])
        ts, steps = grid.instants(site, day)
        instants.append(ts.tz_convert(zone).to_series())
        quantiles.append(forecast.quantiles[row, steps])
        actual.append(np.where(grid.observed[site, day, steps], grid.throughput[site, day, steps], np.nan))
    return plot_forecast(
        folder / f"forecast_{name}.png",
        pd.DatetimeIndex(pd.concat(instants)),
        np.concatenate(quantiles),
        np.concatenate(actual),
        title=f"{grid.sites[site].name}: day-ahead forecasts of {name}",
    )


def _accuracy(models: dict[str, dict[str, Any]]) -> Table:
    table = _table()
    several = any(len(model["seeds"]) > 1 for model in models.values())
    headings = ["WAPE", *["±"] * several, "WQL", "MASE", "50", "80", "90", "bias", "fit s", "MB"]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, model in models.items():
        spread = (model["spread"]["wape"][1] or 0) - (model["spread"]["wape"][0] or 0)
        figures = [_number(model["wape"], 4), *[_number(spread / 2, 4)] * several, _number(model["wql"], 4)]
        shares = [_percent(model[key]) for key in ("coverage50", "coverage80", "coverage90", "bias")]
        table.add_row(
            name, *figures, _number(model["mase_day"], 2), *shares, _number(model["train_seconds"], 1), _number(model["peak_mb"], 0)
        )
    return table


def _learning(models: dict[str, dict[str, Any]]) -> Table:
    table = _table()
    for heading in ("WAPE ratio", "WQL ratio", "80 frozen"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, model in models.items():
        frozen = model["frozen"]
        ratios = [model[key] / frozen[key] if model[key] is not None and frozen[key] else None for key in ("wape", "wql")]
        table.add_row(name, *(_number(ratio, 3) for ratio in ratios), _percent(frozen["coverage80"]))
    return table


def _whole_days(models: dict[str, dict[str, Any]]) -> Table:
    table = _table()
    names = [name for name in QUANTITIES if all(name in model for model in models.values())]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
        table.add_column("ratio", justify="right", no_wrap=True)
        table.add_column("80", justify="right", no_wrap=True)
    for model, figures in models.items():
        cells = []
        for name in names:
            found, plain = figures[name], figures[QUANTITIES[name]]
            ratio = found["pinball"] / plain["pinball"] if found["pinball"] and plain["pinball"] else None
            cells += [_number(found["pinball"], 3), _number(ratio, 2), _percent(found["coverage80"])]
        table.add_row(model, *cells)
    return table


def _comparison(compared: dict[str, dict[str, Any]]) -> Table:
    table = _table()
    for heading in ("WAPE ratio", "WQL ratio"):
        table.add_column(heading, no_wrap=True)
    for name, ratios in compared.items():
        table.add_row(name, *(_interval(ratios[metric]) for metric in ("wape", "wql")))
    return table


def _table() -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    return table


def _interval(ratio: list[float | None]) -> str:
    value, low, high = (_number(part, 3) for part in ratio)
    return f"{value} ({low} – {high})"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"
