"""``input_attention_lstm`` on its own problem: 64 steps of noise, the label hidden in step 10 and nowhere else."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from benchmarks.attention import pictures
from benchmarks.attention.outcome import Course, Outcome, Report, learn, seeded
from pipeline.core.models.attention.input_attention_lstm import InputAttentionLstm

NAME = "input_attention_lstm"
STEPS, PLANTED, SAMPLES = 64, 10, 60_000
COURSE = Course(samples=54_000, epochs=6, batch=256, learning_rate=3e-3)  # the other tenth validates


def draw(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return noise ``(B, 64, 1)`` that carries its label ``(B,)``, 0 or 1, in step 10."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, 2, (count,), generator=generator).float()
    series = torch.randn((count, STEPS, 1), generator=generator)
    series[:, PLANTED, 0] = label
    return series, label


def run(folder: Path, report: Report, course: Course = COURSE) -> Outcome:
    """Train on nine tenths, validate on the last; look at the attention of 1000 samples drawn afresh."""
    series, label = draw(course.samples * 10 // 9, course.seed)
    network = seeded(lambda: InputAttentionLstm(STEPS, 1, 1, hidden=32), course.seed)
    curve = learn(network, lambda rows: binary_cross_entropy_with_logits(network(series[rows])[0][:, 0], label[rows]), course, report)
    with torch.no_grad():
        said = network(series[course.samples :])[0][:, 0] > 0
        weights = network(draw(1000, course.seed + 1)[0])[1].mean((0, 2))  # (64,)
    accuracy = float((said == label[course.samples :].bool()).float().mean())
    picture = pictures.bars(
        folder / f"{NAME}.png",
        weights.numpy(),
        marked=(PLANTED,),
        label="time step",
        title="Mean attention over 1000 fresh samples",
    )
    peak = int(weights.argmax())
    runner_up = float(weights.sort(descending=True).values[1])
    findings = {f"mean attention peaks at step {PLANTED}": peak == PLANTED}
    figures = {"attention_peak_step": peak, "attention_planted_step": float(weights[PLANTED]), "attention_runner_up": runner_up}
    settings = asdict(course) | {"hidden": 32, "steps": STEPS}
    return Outcome(NAME, "validation accuracy", accuracy, 0.9970, False, findings, figures, settings, [picture], curve, published=0.9970)
