"""Training origins: which windows exist, and how a batch of them is disturbed so that faults and early cutoffs are ordinary cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from pipeline.core.models.contract import Origins, Split
from pipeline.core.series.grid import Grid
from pipeline.core.series.windows import Window, WindowGrid
from pipeline.core.training.processes import processes, rank
from pipeline.errors import DataError

AT_MIDNIGHT = 0.5  # share of the samples whose target day is a calendar day; the others start anywhere
OTHER_CUTOFF = 0.25  # share whose cutoff lies anywhere in the day before; the others know what forecasts of their site usually know
UNKNOWN_SITE = 0.10
SHORT_HISTORY = 0.10
LOST_DAYS = 0.10
LOST_READINGS = 0.05
FEWEST_TARGET_STEPS = 0.25  # of a day, to be worth a sample
REFIT_SHARE = 0.05  # of the training windows: where validation holds more, its days are too precious not to learn from


def trainable(grid: Grid, days: range) -> tuple[np.ndarray, np.ndarray]:
    """Return site and day indexes ``(B,)`` of the target days that are observed enough and have a reading before them."""
    share = grid.observed.mean(-1)
    any_reading = grid.observed.any(-1)
    before = np.zeros_like(any_reading)
    before[:, 1:] = np.logical_or.accumulate(any_reading, axis=1)[:, :-1]
    wanted = np.zeros(share.shape, bool)
    wanted[:, max(days.start, 1) : max(days.stop, 0)] = True
    site, day = np.nonzero((share >= FEWEST_TARGET_STEPS) & before & wanted)
    return site, day


def origins_of(grid: Grid, days: range, unknown_steps: int | np.ndarray = 0) -> Origins:
    """Return the origins of ``trainable`` target days, day by day; ``unknown_steps`` are those of all sites, or ``(N,)`` of each."""
    site, day = trainable(grid, days)
    order = np.lexsort((site, day))
    return Origins(site[order], day[order], np.broadcast_to(unknown_steps, grid.shape[0])[site[order]])


def training_origins(grid: Grid, days: range, unknown_steps: int | np.ndarray = 0) -> Origins:
    """Return the origins to learn from; ``unknown_steps`` are those of all sites, or ``(N,)`` of each.

    Raises:
        DataError: The span holds no day with readings and a reading before it.
    """
    found = origins_of(grid, days, unknown_steps)
    if not len(found):
        span = f"{days.start} to {days.stop - 1}"
        raise DataError(f"no training day with readings in day indexes {span}; load more history or check the sites")
    return found


def is_refit_worth(grid: Grid, split: Split) -> bool:
    """Return whether validation holds so much of the history that a last fit is to learn from it too."""
    return len(origins_of(grid, split.validation)) > REFIT_SHARE * len(origins_of(grid, split.train))


@dataclass
class Sampler:
    """Draws disturbed training batches; of several processes each has origins of its own and draws its part of the batch from them.

    Args:
        windows: The grid on its device.
        origins: The ``M`` training origins, with the steps that are usually unknown.
        last_day: Target days after it are never touched, not even by a shifted window.
        context_days: ``L``.
        batch: ``B``.
    """

    windows: WindowGrid
    origins: Origins
    last_day: int
    context_days: int
    batch: int

    def __post_init__(self) -> None:
        """Keep this process's own origins and part of the batch.

        Raises:
            DataError: There are fewer origins than processes.
        """
        count = processes()
        if len(self.origins) < count:
            raise DataError(f"{len(self.origins)} training windows for {count} processes; expected one or more each: start fewer processes")
        self.origins, self.batch = self.origins.subset(np.arange(rank(), len(self.origins), count)), -(-self.batch // count)

    def draw(self, generator: torch.Generator) -> Window:
        """Return a batch of windows with random phases, tails and faults."""
        size, steps = self.batch, self.windows.steps
        origins = self.origins.subset(torch.randint(len(self.origins), (size,), generator=generator).numpy())
        chance = torch.rand((4, size), generator=generator).numpy()
        spot = torch.rand((3, size), generator=generator).numpy()
        shift = np.where((chance[0] >= AT_MIDNIGHT) & (origins.day < self.last_day), (spot[0] * steps).astype(np.int64), 0)
        tail = np.where(chance[1] < OTHER_CUTOFF, (spot[1] * steps).astype(np.int64), origins.unknown_steps)
        window = self.windows.gather(origins.site, origins.day, tail, self.context_days, shift)
        return self._with_faults(window, chance[2:], spot[2], generator)

    def _with_faults(self, window: Window, chance: np.ndarray, spot: np.ndarray, generator: torch.Generator) -> Window:
        B, L, _ = window.past.shape
        device = window.past.device
        kept_days = np.where(chance[0] < SHORT_HISTORY, 1 + (spot * L).astype(np.int64), L)
        keep = torch.arange(L, 0, -1) <= torch.from_numpy(kept_days)[:, None]
        faulty = torch.from_numpy((chance[0] >= SHORT_HISTORY) & (chance[0] < SHORT_HISTORY + LOST_DAYS))
        lost = (torch.rand((B, L), generator=generator) < 2.0 / L) & faulty[:, None]
        observed = window.past_observed & (keep & ~lost).to(device).unsqueeze(-1)
        patchy = np.flatnonzero((chance[1] >= UNKNOWN_SITE) & (chance[1] < UNKNOWN_SITE + LOST_READINGS))
        if patchy.size:
            rows = torch.from_numpy(patchy).to(device)
            present = torch.rand((len(patchy), *observed.shape[1:]), generator=generator) >= 0.2
            observed = observed.index_put((rows,), observed[rows] & present.to(device))
        known = torch.from_numpy(chance[1] >= UNKNOWN_SITE).to(device)
        features = window.features.masked_fill(~known[:, None, None, None], torch.nan)  # what knows no site knows no covariate
        planned = window.planned.masked_fill(~known[:, None, None, None], torch.nan)
        return window._replace(
            past=window.past * observed, past_observed=observed, site=window.site * known, features=features, planned=planned
        )
