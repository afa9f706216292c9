"""``attention_mlp`` and ``shared_attention_lstm`` on their own problem: the difference of two numbers written among ten digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, one_hot

from benchmarks.attention import pictures
from benchmarks.attention.outcome import Course, Outcome, Report, learn, seeded
from pipeline.core.models.attention.attention_mlp import AttentionMlp
from pipeline.core.models.attention.shared_attention_lstm import SharedAttentionLstm

DIGITS, TEST_SAMPLES = 10, 20_000
HUNDREDS, MATTER = (1, 5), (1, 2, 3, 5, 6, 7)
MLP_COURSE = Course(samples=300_000, epochs=10, batch=256, learning_rate=1e-2)
LSTM_COURSE = Course(samples=300_000, epochs=8, batch=256, learning_rate=1e-2)


def draw(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return digits ``(B, 10)`` and the target ``|v1 v2 v3 − v5 v6 v7| / 1000``, ``(B,)``."""
    digits = torch.randint(0, 10, (count, DIGITS), generator=torch.Generator().manual_seed(seed))
    first, second = (100 * digits[:, i] + 10 * digits[:, i + 1] + digits[:, i + 2] for i in HUNDREDS)
    return digits, (first - second).abs() / 1000


def run_mlp(folder: Path, report: Report, course: Course = MLP_COURSE) -> Outcome:
    """Digits as ten numbers."""
    network = seeded(lambda: AttentionMlp(DIGITS, 1, 1, hidden=10), course.seed)
    return _run("attention_mlp", 0.0017, network, lambda digits: digits.float().unsqueeze(-1), folder, report, course)


def run_lstm(folder: Path, report: Report, course: Course = LSTM_COURSE) -> Outcome:
    """Digits as ten one-hot vectors; also asks whether attention ranks the hundreds first."""
    network = seeded(lambda: SharedAttentionLstm(DIGITS, 10, 1, hidden=64), course.seed)
    return _run("shared_attention_lstm", 4.0e-6, network, lambda digits: one_hot(digits, 10).float(), folder, report, course)


def _run(
    name: str, published: float, network: nn.Module, encode: Callable[[Tensor], Tensor], folder: Path, report: Report, course: Course
) -> Outcome:
    digits, target = draw(course.samples + TEST_SAMPLES, course.seed)

    def answer(rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        out, weights = network(encode(digits[rows]))
        return torch.sigmoid(out[:, 0]), weights

    curve = learn(network, lambda rows: mse_loss(answer(rows)[0], target[rows]), course, report)
    with torch.no_grad():
        predicted, weights = answer(slice(course.samples, None))
    true, mean = target[course.samples :], weights.mean(0)
    picture = pictures.bars_and_scatter(
        folder / f"{name}.png",
        mean.numpy(),
        true.numpy(),
        predicted.numpy(),
        marked=MATTER,
        title="|v1v2v3 − v5v6v7| / 1000",
    )
    ranked = sorted(MATTER, key=lambda i: -float(mean[i]))
    findings = {"attention ranks the hundreds first of the six digits that matter": set(ranked[:2]) == set(HUNDREDS)}
    figures = {f"attention_v{i}": float(mean[i]) for i in range(DIGITS)}
    settings = asdict(course) | {"weights": sum(p.numel() for p in network.parameters()), "ranked": " ".join(f"v{i}" for i in ranked)}
    error = float(mse_loss(predicted, true))
    claims = findings if name == "shared_attention_lstm" else {}
    return Outcome(name, "test MSE", error, published, True, claims, figures, settings, [picture], curve, published=published)
