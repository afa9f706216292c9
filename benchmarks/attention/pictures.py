"""Pictures of the tasks: what was answered against what is true, and where the attention lay. Small PNG files with few colours."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from pipeline.core.evaluation.plots import BLUE, INK, ORANGE, WEIGHTS
from pipeline.core.models.contract import Progress

DOTS_PER_INCH = 90
COLOURS = 64  # of a PNG: a third of the bytes of a full palette


def true_and_predicted_with_heat(path: Path, true: np.ndarray, predicted: np.ndarray, weights: np.ndarray, *, title: str) -> Path:
    """Draw a series with its forecast, and below it the weights ``(T, samples)``, latest step at the top."""
    figure = Figure((8.5, 5), layout="constrained")
    line, heat = figure.subplots(2, 1)
    line.set_title(title)
    line.plot(true, color=INK, linewidth=2.2, label="true")
    line.plot(predicted, color=ORANGE, linewidth=1.2, linestyle="--", label="predicted")
    line.legend(loc="upper right", frameon=False)
    line.margins(x=0)
    _heat(figure, heat, weights, "sample", "time step of the window")
    return _saved(figure, path)


def bars(path: Path, weights: np.ndarray, *, marked: Sequence[int], label: str, title: str) -> Path:
    """Draw one weight per position; the marked positions are those that matter."""
    figure = Figure((8.5, 3), layout="constrained")
    _bars(figure.subplots(), weights, marked, label, title)
    return _saved(figure, path)


def bars_and_scatter(
    path: Path, weights: np.ndarray, true: np.ndarray, predicted: np.ndarray, *, marked: Sequence[int], title: str, most: int = 2000
) -> Path:
    """Draw the weight of each digit beside answers against truth, at most ``most`` of them."""
    figure = Figure((8.5, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _bars(left, weights, marked, "digit", title)
    left.set_xticks(range(len(weights)), [f"v{i}" for i in range(len(weights))])
    right.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    right.plot(true[:most], predicted[:most], ".", color=BLUE, markersize=2, rasterized=True)
    right.set(xlabel="true", ylabel="predicted", title="Unseen samples")
    return _saved(figure, path)


def alignments(path: Path, sentences: Sequence[tuple[Sequence[str], Sequence[str], np.ndarray]], *, title: str) -> Path:
    """Draw a heat map of output step × input step for each (source, output, weights ``(J, T)``)."""
    figure = Figure((8.5, 4.4), layout="constrained")
    figure.suptitle(title)
    for axes, (source, written, weights) in zip(np.atleast_1d(figure.subplots(1, len(sentences))), sentences, strict=True):
        axes.imshow(weights, cmap=WEIGHTS, vmin=0, vmax=1)
        axes.set_xticks(range(len(source)), list(source), rotation=90)
        axes.set_yticks(range(len(written)), list(written))
        axes.tick_params(length=0)
    return _saved(figure, path)


def days(
    path: Path, actual: np.ndarray, forecast: np.ndarray, weights: np.ndarray, curve: Sequence[Progress], *, steps: int, title: str
) -> Path:
    """Draw actual and forecast in Gb/s, the mean weight of each past day (last = yesterday), and the loss curve.

    Args:
        path: PNG to write.
        actual: ``(P,)`` bytes per second, NaN where unobserved.
        forecast: ``(P,)`` median, bytes per second.
        weights: ``(L,)``.
        curve: Loss along the training.
        steps: Readings a day.
        title: Of the whole.
    """
    figure = Figure((8.5, 5), layout="constrained")
    figure.suptitle(title)
    axes = figure.subplot_mosaic([["line", "line"], ["days", "loss"]])
    day = np.arange(len(actual)) / steps
    axes["line"].plot(day, actual * 8 / 1e9, color=INK, linewidth=1.2, label="actual")
    axes["line"].plot(day, forecast * 8 / 1e9, color=ORANGE, linewidth=1.2, label="forecast (median)")
    axes["line"].set(xlabel="day", ylabel="Gb/s")
    axes["line"].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False)
    axes["line"].margins(x=0)
    _bars(axes["days"], weights, (len(weights) - 1,), "days ago", "Attention over the past days")
    axes["days"].set_xticks(range(len(weights)), [str(len(weights) - i) for i in range(len(weights))])
    axes["loss"].plot([line.iteration for line in curve], [line.loss for line in curve], color=BLUE)
    axes["loss"].set(title="Training loss (pinball) of a batch", xlabel="optimiser step")
    return _saved(figure, path)


def _bars(axes: Axes, weights: np.ndarray, marked: Sequence[int], label: str, title: str) -> None:
    colours = [ORANGE if i in marked else BLUE for i in range(len(weights))]
    axes.bar(range(len(weights)), weights, color=colours)
    axes.set(xlabel=label, ylabel="weight", title=title)


def _heat(figure: Figure, axes: Axes, weights: np.ndarray, across: str, upwards: str) -> None:
    image = axes.imshow(weights, cmap=WEIGHTS, aspect="auto", origin="lower", interpolation="nearest")
    axes.set(xlabel=across, ylabel=upwards)
    figure.colorbar(image, ax=axes, label="weight", pad=0.01)


def _saved(figure: Figure, path: Path) -> Path:
    drawn = BytesIO()
    figure.savefig(drawn, dpi=DOTS_PER_INCH)
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(path, optimize=True)
    return path
