"""Windows of past days and their target day, gathered by index from a grid that lives once on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.core.series.calendar import calendar_of
from pipeline.core.series.features import stacked
from pipeline.core.series.grid import Grid
from pipeline.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

AHEAD_DAYS = 3  # target days that may lie after the grid: another zone is at most a day away from the schedule's


class Window(NamedTuple):
    """A batch of windows: what is known at a cutoff, and the day that follows.

    Args:
        past: ``(B, L, S)`` throughput, 0 where unobserved; the last day ends where the target day begins.
        past_observed: ``(B, L, S)`` bool.
        target: ``(B, S)`` throughput of the target day, 0 where unobserved.
        target_observed: ``(B, S)`` bool.
        site: ``(B,)`` row of the site in the network's table of sites, 0 for an unknown one.
        day_of_week: ``(B,)`` of the target day, 0 = Monday.
        kinds: ``(B, L + 1, K)`` 1.0 on days of a kind, past days first, the target day last; the first kind is the holiday.
        phase: ``(B,)`` how far into its calendar day the target day begins, in days; 0 at midnight.
        features: ``(B, L, S, F)`` what the ``WindowGrid`` was given beside the readings; NaN where missing, unknown or before the grid.
        planned: ``(B, L + 1, S, P)`` what it was given that is known ahead, the target day last; NaN where missing.
    """

    past: Tensor
    past_observed: Tensor
    target: Tensor
    target_observed: Tensor
    site: Tensor
    day_of_week: Tensor
    kinds: Tensor
    phase: Tensor
    features: Tensor
    planned: Tensor

    def of_last(self, days: int) -> Window:
        """Return the windows as one sees them who looks at the last ``days`` past days only."""
        past, observed, features = self.past[:, -days:], self.past_observed[:, -days:], self.features[:, -days:]
        kinds, planned = self.kinds[:, -days - 1 :], self.planned[:, -days - 1 :]
        return self._replace(past=past, past_observed=observed, features=features, kinds=kinds, planned=planned)

    @property
    def holiday(self) -> Tensor:
        """Return ``(B, L + 1)`` 1.0 on holidays."""
        return self.kinds[..., 0]


class WindowGrid:
    """A grid on a device, padded so that every window can be cut by index."""

    def __init__(
        self,
        grid: Grid,
        context_days: int,
        device: str,
        known_sites: dict[str, int] | None = None,
        features: Sequence[str] = (),
        planned: Sequence[str] = (),
        kinds: Sequence[str] = (),
    ) -> None:
        """Move the grid to ``device``.

        Args:
            grid: Readings, ``(N, D, S)``.
            context_days: The longest context a window may ask for.
            device: ``cpu`` or ``cuda``.
            known_sites: Row of each site in the network's table, from 1; a site that is not there gets row 0.
            features: Names of the ``F`` features to gather beside the readings.
            planned: Names of the ``P`` series to gather that are known ahead.
            kinds: Of day, beside the holiday.
        """
        import torch

        n, days, steps = grid.shape
        self.sites, self.days, self.steps, self.context_days, self.device = n, days, steps, context_days, device
        pad = ((0, 0), (context_days, AHEAD_DAYS + 1), (0, 0))
        self._values = torch.from_numpy(np.pad(grid.throughput, pad).reshape(n, -1)).to(device)
        self._observed = torch.from_numpy(np.pad(grid.observed, pad).reshape(n, -1)).to(device)
        calendar = calendar_of(grid, AHEAD_DAYS + 1, kinds)
        of_days = np.pad(calendar.kinds.astype(np.float32), ((0, 0), (context_days, 0), (0, 0)))
        self._kinds = torch.from_numpy(of_days).to(device)
        self._day_of_week = torch.from_numpy(calendar.day_of_week).to(device)
        self._features, self._planned = (
            torch.from_numpy(np.pad(stacked(grid, names), (*pad, (0, 0)), constant_values=np.nan)).flatten(1, 2).to(device)
            for names in (features, planned)
        )
        rows = [(known_sites or {}).get(site.name, 0) for site in grid.sites]
        self._row = torch.tensor(rows, dtype=torch.long, device=device)

    def gather(
        self, site: np.ndarray, day: np.ndarray, unknown_steps: np.ndarray, context_days: int, shift: np.ndarray | None = None
    ) -> Window:
        """Return the windows of a batch of origins.

        Args:
            site: ``(B,)`` index into the grid's sites.
            day: ``(B,)`` index of the target day, from 0 to a few days after the grid.
            unknown_steps: ``(B,)`` steps before the target day that are masked.
            context_days: ``L``, at most the context the grid was padded for.
            shift: ``(B,)`` steps after midnight at which the target day begins, below ``S``; None for midnight.

        Raises:
            DataError: A target day lies outside the grid and the few days after it.
        """
        import torch

        if len(day) and (day.min() < 0 or day.max() >= self.days + AHEAD_DAYS):
            raise DataError(f"target days {day.min()} to {day.max()} asked of a grid of {self.days} days; expected 0 to {self.days}")
        late = np.zeros(len(day), np.int64) if shift is None else shift
        length = context_days * self.steps
        site_at, day_at, late_at, unknown = (torch.as_tensor(a, device=self.device).long() for a in (site, day, late, unknown_steps))
        start = (day_at + self.context_days - context_days) * self.steps + late_at
        values = self._values.unfold(1, length + self.steps, 1)[site_at, start]
        observed = self._observed.unfold(1, length + self.steps, 1)[site_at, start]
        tail = torch.arange(length, device=self.device) < (length - unknown)[:, None]
        past_observed = observed[:, :length] & tail
        return Window(
            past=(values[:, :length] * past_observed).view(-1, context_days, self.steps),
            past_observed=past_observed.view(-1, context_days, self.steps),
            target=values[:, length:],
            target_observed=observed[:, length:],
            site=self._row[site_at],
            day_of_week=self._day_of_week[day_at],
            kinds=self._kinds.unfold(1, context_days + 1, 1)[site_at, day_at + self.context_days - context_days].transpose(1, 2),
            phase=late_at / self.steps,
            features=self._gather_features(site_at, start, tail).unflatten(1, (context_days, self.steps)),
            planned=self._planned.unfold(1, length + self.steps, 1)[site_at, start]
            .transpose(1, 2)
            .unflatten(1, (context_days + 1, self.steps)),
        )

    def _gather_features(self, site: Tensor, start: Tensor, known: Tensor) -> Tensor:
        """Return the features of windows that begin at ``start``, ``(B, L · S, F)``; NaN where they are not ``known`` yet."""
        import torch

        past = self._features.unfold(1, known.shape[1], 1)[site, start].transpose(1, 2)
        return past.masked_fill(~known.unsqueeze(-1), torch.nan)

    def targets(self, site: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return throughput and mask of whole calendar days, each ``(B, S)``."""
        window = self.gather(site, day, np.zeros(len(day), np.int64), 1)
        return window.target.cpu().numpy(), window.target_observed.cpu().numpy()
