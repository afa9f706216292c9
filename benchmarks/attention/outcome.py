"""What a task hands back, and the one way all of them learn: whole epochs, each sample once in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.core.models.contract import FitOptions, Progress
from pipeline.core.training.loop import Schedule, train

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Outcome:
    """What a mechanism reached on its own problem.

    Args:
        name: Of the mechanism, as in ``FORECASTERS``.
        metric: What was measured, in words.
        reached: Its value.
        bar: The value to reach or beat.
        lower_is_better: Which way is up.
        findings: Everything else that was asked of the task: the claim, and whether it holds.
        figures: Further numbers worth keeping.
        settings: Samples, epochs and sizes.
        pictures: PNG files.
        curve: Loss by optimiser step.
        published: What the author reached; None where no figure was published, and the bar is ours.
    """

    name: str
    metric: str
    reached: float
    bar: float
    lower_is_better: bool
    findings: dict[str, bool] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    pictures: list[Path] = field(default_factory=list)
    curve: list[Progress] = field(default_factory=list)
    published: float | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the figure and every claim hold."""
        figure = self.reached <= self.bar if self.lower_is_better else self.reached >= self.bar
        return figure and all(self.findings.values())


@dataclass(frozen=True)
class Course:
    """How a task is learnt.

    Args:
        samples: Rows to learn from.
        epochs: Passes over them.
        batch: Rows per optimiser step.
        learning_rate: Peak of the one-cycle schedule.
        seed: Makes two runs equal.
    """

    samples: int
    epochs: int
    batch: int
    learning_rate: float
    seed: int = 0


def learn(network: nn.Module, loss_of_rows: Callable[[Tensor], Tensor], course: Course, report: Report) -> list[Progress]:
    """Fit a network in place and return its curve.

    Args:
        network: Any module.
        loss_of_rows: Loss of the network on the rows ``(B,)`` of the training set.
        course: How long, how fast.
        report: Hears of the progress.
    """
    order: list[Tensor] = []

    def loss_of_batch(_: nn.Module, generator: torch.Generator) -> Tensor:
        if not order:
            order.extend(torch.randperm(course.samples, generator=generator).split(course.batch))
        return loss_of_rows(order.pop())

    steps = course.epochs * -(-course.samples // course.batch)
    schedule = Schedule(steps, course.learning_rate, weight_decay=0.0)
    return train(network, loss_of_batch, None, schedule, FitOptions(seed=course.seed, device="cpu", report=report))


def seeded(build: Callable[[], nn.Module], seed: int) -> Any:
    """Return a network whose first weights follow from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()
