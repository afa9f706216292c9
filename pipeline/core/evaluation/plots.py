"""Pictures of forecasts: lines with bands, reliability, attention and error by step of day, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter, DateLocator, DayLocator, HourLocator, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from pipeline.core.evaluation.lettering import letter, lettered
from pipeline.core.evaluation.quantity import tick
from pipeline.core.models.contract import MEDIAN, QUANTILES

# Okabe & Ito's palette: told apart with any colour vision
INK, BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION = "#1a1a1a", "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, INK)
MARKERS = "osD^vPX"
BANDS = ((0, 6, "90 %", "#cfe3f1"), (1, 5, "80 %", "#a3c9e3"), (2, 4, "50 %", "#6aa9d2"))
WEIGHTS = LinearSegmentedColormap.from_list("weights", ["#f7fbff", "#6aa9d2", "#08306b"])


def plot_forecast(
    path: Path, ts: pd.DatetimeIndex, quantiles: np.ndarray, actual: np.ndarray | None = None, *, title: str, unit: str = ""
) -> Path:
    """Write the forecast of one site with its 50, 80 and 90 % intervals against what came, and return the path.

    Args:
        path: PNG to write.
        ts: ``(P,)`` instants with the time zone that shall be shown, ascending.
        quantiles: ``(P, Q)`` levels ``QUANTILES``; a NaN leaves a gap.
        actual: ``(P,)`` throughput, NaN where unobserved; None where it is not known yet.
        title: Says the site and the model.
        unit: Of the quantiles and actuals; empty where nobody said.
    """
    figure, axes = _figure(9, 3.8, title)
    at = _positions(ts)
    for low, high, name, colour in BANDS:
        axes.fill_between(at, quantiles[:, low], quantiles[:, high], color=colour, linewidth=0, label=f"{name} interval")
    axes.plot(at, quantiles[:, MEDIAN], color=BLUE, linewidth=1.6, label="median forecast")
    if actual is not None:
        axes.plot(at, actual, color=INK, linewidth=1.0, label="actual")
    _time_axis(axes, ts)
    axes.set_ylabel("throughput")
    shown, families = lettered(unit)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, shown)))
    axes.yaxis.set_tick_params(labelfontfamily=families)
    axes.margins(x=0)
    if np.nanmin(quantiles, initial=0) >= 0:
        axes.set_ylim(bottom=0)
    axes.legend(*_reversed_legend(axes), loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=5, frameon=False)
    return _saved(figure, path)


def plot_reliability(path: Path, shares: Mapping[str, Sequence[float] | np.ndarray], *, title: str) -> Path:
    """Write how often actuals fell below each quantile against how often they should, one line per model, and return the path.

    Args:
        path: PNG to write.
        shares: ``(Q,)`` share of actuals at or below each level of ``QUANTILES``, by model.
        title: Says the data and the test days.
    """
    figure, axes = _figure(5.6, 5.4, title)
    axes.plot([0, 1], [0, 1], color="#8c8c8c", linewidth=1, linestyle=(0, (5, 4)), label="calibrated")
    for i, (name, share) in enumerate(shares.items()):
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        axes.plot(QUANTILES, share, color=colour, marker=marker, markersize=5, linewidth=1.4, label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="quantile level", ylabel="share of actuals at or below it")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="upper left", frameon=False)
    return _saved(figure, path)


def plot_attention(path: Path, weights: np.ndarray, *, title: str) -> Path:
    """Write which past days each part of the day looked at, as a heat map, and return the path.

    Args:
        path: PNG to write.
        weights: ``(bands, L)`` weight of each past day (last = the day before the target); each row sums to 1.
        title: Says the site or fleet and the model.
    """
    bands, days = weights.shape
    figure, axes = _figure(max(6.0, 0.36 * days + 2.2), 0.5 * bands + 2.0, title)
    image = axes.imshow(weights, cmap=WEIGHTS, vmin=0, aspect="auto")
    hours = [f"{24 * i // bands:02d}–{24 * (i + 1) // bands:02d} h" for i in range(bands)]
    shown = [day for day in range(days) if days - day in {1, 2, 3} or (days - day) % 7 == 0 or days <= 10]
    axes.set_xticks(shown, [str(days - day) for day in shown])
    axes.set_yticks(range(bands), hours)
    axes.set(xlabel="days before the target day (1 = yesterday)", ylabel="part of the target day")
    for (band, day), weight in np.ndenumerate(weights):
        if weight >= 0.1:
            dark = weight > 0.5 * weights.max()
            axes.text(day, band, f"{weight:.2f}".lstrip("0"), ha="center", va="center", fontsize=7, color="white" if dark else INK)
    axes.grid(visible=False)
    axes.set_xticks(np.arange(days - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(bands - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2)
    axes.tick_params(which="both", length=0)
    figure.colorbar(image, ax=axes, label="weight (a row sums to 1)", fraction=0.05, pad=0.02)
    return _saved(figure, path)


def plot_error_by_step(path: Path, errors: Mapping[str, Sequence[float | None]], *, title: str) -> Path:
    """Write the WAPE of each step of the day, one line per model, and return the path.

    Args:
        path: PNG to write.
        errors: ``(S,)`` WAPE per step of day by model; None where a step has none.
        title: Says the data and the test days.
    """
    figure, axes = _figure(9, 3.8, title)
    for i, (name, by_step) in enumerate(errors.items()):
        hours = np.arange(len(by_step)) * 24 / len(by_step)
        values = np.array([np.nan if value is None else value for value in by_step], float)
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        axes.plot(hours, values, color=colour, marker=marker, markersize=5, markevery=max(1, len(hours) // 8), linewidth=1.4, label=name)
    axes.set(xlabel="hour of the target day (the site's wall clock)", ylabel="WAPE", xlim=(0, 24), xticks=range(0, 25, 3))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3, frameon=False)
    return _saved(figure, path)


def plot_losses(path: Path, losses: pd.DataFrame, *, title: str, test: float | None = None) -> Path:
    """Write the training's loss and the validation's side by side over the epochs, a line per network, and return the path.

    Args:
        path: PNG to write.
        losses: ``network``, ``epoch``, ``loss`` and ``validation``, from ``curves.losses_by_epoch``.
        title: Says the model.
        test: WQL of the finished model on the test days; None where it is not known.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    names = {"loss": "loss of the training windows (pinball)", "validation": "loss on the validation days (WQL)"}
    for axes, (column, name) in zip(figure.subplots(1, 2, sharex=True), names.items(), strict=True):
        _style(axes, title if column == "loss" else "")
        for i, (network, line) in enumerate(losses.dropna(subset=[column]).groupby("network")):
            colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)] if len(line) < len(BANDS) else ""
            axes.plot(line["epoch"], line[column], color=colour, marker=marker, linewidth=1.4, label=f"network {network:g}")
        axes.set(xlabel="epochs (passes over the training windows)", ylabel=name)
    if test is not None and np.isfinite(test):
        axes.axhline(test, color=INK, linewidth=1, linestyle=(0, (5, 4)), label=f"the finished model on the test days: {test:.3f}")
    if 0 < len(axes.lines) <= len(COLOURS) + 1:
        axes.legend(frameon=False, fontsize=8)
    return _saved(figure, path)


def _figure(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")  # no pyplot: no window, no global state
    return figure, _style(figure.subplots(), title)


def _style(axes: Axes, title: str) -> Axes:
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    return axes


def _positions(ts: pd.DatetimeIndex) -> np.ndarray:
    """Return instants as numbers of the time axis: in UTC, so that the hour that autumn repeats runs on."""
    return np.asarray(date2num(ts.tz_convert("UTC").tz_localize(None).to_numpy()))


def _time_axis(axes: Axes, ts: pd.DatetimeIndex) -> None:
    days = (ts[-1] - ts[0]).total_seconds() / 86_400
    locator: DateLocator = AutoDateLocator(minticks=4, maxticks=9, tz=ts.tz)
    formatter: DateFormatter | ConciseDateFormatter = ConciseDateFormatter(locator, tz=ts.tz)
    if days <= 2:
        locator, formatter = HourLocator(byhour=range(0, 24, 3 if days <= 1.1 else 6), tz=ts.tz), DateFormatter("%H:%M", tz=ts.tz)
    elif days <= 10:
        locator, formatter = DayLocator(tz=ts.tz), DateFormatter("%a %-d %b", tz=ts.tz)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlabel(
        f"{ts[0]:%Y-%m-%d} to {ts[-1]:%Y-%m-%d}, time zone {ts.tz}" if days > 1.1 else f"{ts[0]:%A %Y-%m-%d}, time zone {ts.tz}"
    )


def _reversed_legend(axes: Axes) -> tuple[list[Any], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return handles[::-1], labels[::-1]


def _saved(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    letter(figure)
    figure.savefig(path, dpi=130)
    return path
