"""Settings of ``gru_attention``: plain JSON values, and what they mean for the amount of data at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np

from pipeline.core.models.settings import Within, checked
from pipeline.core.training.loop import Schedule
from pipeline.errors import ModelError

SHORTEST_MEMORY_DAYS = 7


@dataclass(frozen=True)
class GruAttentionSettings:
    """Plain JSON settings.

    Args:
        context_days: Past days the model looks at.
        members: Networks in the ensemble; their quantiles are averaged. Every second one looks at half the past days only.
        hidden: Width of the networks, even.
        heads: Attention heads, a divisor of ``hidden``.
        dropout: Share of hidden units dropped in training.
        batch: Windows per optimiser step.
        iterations: Optimiser steps per member; 0 lets ``epochs`` or the amount of data decide.
        epochs: Passes over the training windows per member; 0 lets the amount of data decide.
        learning_rate: Peak learning rate.
        companion: Whether LightGBM may take a share of the forecast.
        refit: Whether the last fit also learns from the validation days, where they are a large part of the history.
        covariates: Names of the covariates to use, of the past or known ahead; None lets the validation days decide.
    """

    context_days: Annotated[int, Within(1, 366)] = 28
    members: Annotated[int, Within(1, 64)] = 4
    hidden: Annotated[int, Within(2, 8192)] = 64
    heads: Annotated[int, Within(1, 256)] = 4
    dropout: Annotated[float, Within(0, 0.9)] = 0.1
    batch: Annotated[int, Within(1, 65_536)] = 64
    iterations: Annotated[int, Within(0, 10_000_000)] = 0
    epochs: Annotated[int, Within(0, 10_000)] = 0
    learning_rate: Annotated[float, Within(1e-7, 1)] = 3e-3
    companion: bool = True
    refit: bool = True
    covariates: list[str] | None = None

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Self:
        """Return checked settings.

        Raises:
            ModelError: A setting is unknown or makes no sense.
        """
        chosen = checked("gru_attention", cls(), settings)
        if chosen.hidden % 2 or chosen.hidden % chosen.heads:
            raise ModelError(f"hidden={chosen.hidden} with heads={chosen.heads}: expected an even width that the heads divide")
        return chosen

    @property
    def context_of_members(self) -> list[int]:
        """Past days of each member: long and short memories err differently, so their mean errs less."""
        short = self.context_days // 2 if self.context_days >= 2 * SHORTEST_MEMORY_DAYS else self.context_days
        return [short if member % 2 else self.context_days for member in range(self.members)]

    def pace(self, windows: int) -> tuple[int, Schedule]:
        """Return the batch and the schedule that suit a number of training windows: steps grow with its square root."""
        passes = round(self.epochs * windows / self.batch) if self.epochs else int(np.clip(10 * windows**0.5, 100, 1200))
        return self.batch, Schedule(self.iterations or max(1, passes), self.learning_rate)
