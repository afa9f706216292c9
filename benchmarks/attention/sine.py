"""``lstm_pooled_attention`` on its own problem: the next value of a sine wave from the 20 before it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch.nn.functional import mse_loss

from benchmarks.attention import pictures
from benchmarks.attention.outcome import Course, Outcome, Report, learn, seeded
from pipeline.core.models.attention.lstm_pooled_attention import LstmPooledAttention

NAME = "lstm_pooled_attention"
POINTS, SPAN, STEPS, TRAINING_POINTS = 1000, 50.0, 20, 800
COURSE = Course(samples=TRAINING_POINTS - STEPS, epochs=60, batch=64, learning_rate=5e-3)


def run(folder: Path, report: Report, course: Course = COURSE) -> Outcome:
    """Train on the first 800 points, test on the last 200: no test window shares a target with the training span."""
    wave = torch.sin(torch.linspace(0, SPAN, POINTS))
    windows = wave.unfold(0, STEPS + 1, 1)  # (980, 21)
    series, following = windows[:, :STEPS, None], windows[:, STEPS]
    network = seeded(lambda: LstmPooledAttention(1, 1, hidden=64, layers=2), course.seed)
    curve = learn(network, lambda rows: mse_loss(network(series[rows])[0][:, 0], following[rows]), course, report)
    with torch.no_grad():
        predicted, weights = network(series[course.samples :])
    true = following[course.samples :]
    picture = pictures.true_and_predicted_with_heat(
        folder / f"{NAME}.png",
        true.numpy(),
        predicted[:, 0].numpy(),
        weights.T.numpy(),
        title="Sine: 200 points after the training span",
    )
    error = float(mse_loss(predicted[:, 0], true))
    figures = {"weight_last_step": float(weights[:, -1].mean()), "weight_last_five_steps": float(weights[:, -5:].sum(1).mean())}
    settings = asdict(course) | {"hidden": 64, "layers": 2, "steps": STEPS}
    return Outcome(NAME, "test MSE, one step ahead", error, 1e-4, True, {}, figures, settings, [picture], curve)
