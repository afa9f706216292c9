"""The table that LightGBM learns from: one row per step of a target day, everything divided by the window's mean level."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from pipeline.core.models.contract import Origins
from pipeline.core.models.past import past_of
from pipeline.core.series.calendar import calendar_of
from pipeline.core.series.features import feature_of
from pipeline.core.series.grid import Grid

LAG_DAYS = (1, 2, 3, 4, 5, 6, 7, 14, 21, 28)
SHORTEST_CONTEXT_DAYS = 7
COVARIATE_LAGS = (1, 2, 7)
COVARIATE_COLUMNS = 2 * len(COVARIATE_LAGS) + 1
PLANNED_LAGS = (1, 7)
PLANNED_COLUMNS = 2 * (1 + len(PLANNED_LAGS))


class Rows(NamedTuple):
    """Rows of ``B`` target days.

    Args:
        features: ``(B, S, F)``, NaN where unknown.
        level: ``(B,)`` what they were divided by: NaN without a reading; of a dead site 0, and its features are not divided.
        negative: ``(B,)`` whether the window holds a reading below 0.
    """

    features: np.ndarray
    level: np.ndarray
    negative: np.ndarray


@contextmanager
def holes_stay_nan() -> Iterator[None]:
    """Let numpy say nothing about means of nothing: around all calls of ``LagFeatures.of``, for warnings are one list of all threads."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice|All-NaN slice encountered", RuntimeWarning)
        yield


class LagFeatures:
    """Makes the rows of one grid; holds its calendar."""

    def __init__(
        self, grid: Grid, context_days: int, covariates: Sequence[str] = (), planned: Sequence[str] = (), kinds: Sequence[str] = ()
    ) -> None:
        """Take a grid and the names of what to read beside its readings, and ``kinds`` of day beside the holiday.

        Of what the grid lacks, everything is missing.
        """
        self.context_days = context_days
        self._grid = grid
        self._covariates, self._planned = ([feature_of(grid, name) for name in names] for names in (covariates, planned))
        self._lags = [lag for lag in LAG_DAYS if lag <= context_days]
        ahead = 3  # another zone's target day is at most a day away from the schedule's
        self._calendar = calendar_of(grid, ahead, kinds)

    def of(self, origins: Origins) -> Rows:
        """Return the rows of all steps of the target days."""
        past, observed = past_of(self._grid, origins, self.context_days)
        b, _, s = past.shape
        level = np.nanmean(np.where(observed, np.abs(past), np.nan), axis=(1, 2))
        scale = np.where(level > 0, level, 1.0).astype(np.float32)
        z = np.where(observed, past, np.float32(np.nan)) / scale[:, None, None]
        columns = [*self._same_step(z), *self._levels(z), *self._calendar_columns(origins, s)]
        columns.append(origins.unknown_steps[:, None] / s)
        for series in self._covariates:
            columns += self._of_covariate(series, origins)
        for series in self._planned:
            columns += self._of_plan(series, origins)
        features = np.empty((b, s, len(columns)), np.float32)
        for i, column in enumerate(columns):
            features[:, :, i] = column
        return Rows(features, level, np.any(past < 0, axis=(1, 2)))

    def _same_step(self, z: np.ndarray) -> list[np.ndarray]:
        """Return readings at the step itself and around it: ``(B, S)`` each."""
        days, s = z.shape[1:]
        around = _around(z, max(1, s // 48))  # half an hour to each side
        weeks = z[:, [days - lag for lag in self._lags if lag % 7 == 0]]
        return [
            *(z[:, days - lag] for lag in self._lags),
            *(around[:, days - lag] for lag in (1, 2, 7)),
            np.nanmean(around[:, -7:], axis=1),
            np.nanmedian(z, axis=1),
            np.nanmean(weeks, axis=1),
            np.nanmean(np.abs(np.diff(z[:, -7:], axis=1)), axis=1),
        ]

    def _levels(self, z: np.ndarray) -> list[np.ndarray]:
        """Return day means and the last readings before the cutoff: ``(B, 1)`` each."""
        b, days, s = z.shape
        hour = max(1, s // 24)
        day_means = np.nanmean(z, axis=2)
        flat = z.reshape(b, -1)
        newest = _last_finite(flat)  # position of the last reading
        last = np.take_along_axis(flat, newest, axis=1)
        recent = np.nanmean(np.take_along_axis(flat, np.maximum(newest - np.arange(hour), 0), axis=1), axis=1, keepdims=True)
        day_before = np.take_along_axis(flat, np.maximum(newest - s, 0), axis=1)
        lags = [lag for lag in self._lags if lag <= 7 or lag == 14]
        age = (days * s - 1 - newest) / s
        week_change = day_means[:, -7:].mean(axis=1) - day_means[:, -14:-7].mean(axis=1) if days >= 14 else np.full(b, np.nan)
        return [*(day_means[:, [days - lag]] for lag in lags), last, recent, last - day_before, age, week_change[:, None]]

    def _of_covariate(self, series: np.ndarray, origins: Origins) -> list[np.ndarray]:
        """Return ``COVARIATE_COLUMNS`` of a covariate: at the step, of the newest days and last known; divided by its window's mean."""
        past, observed = past_of(self._grid, origins, self.context_days, series)
        x = np.where(observed, past, np.float32(np.nan))
        level = np.nanmean(np.abs(x), axis=(1, 2), keepdims=True)
        z = x / np.where(level > 0, level, np.float32(1))
        day_means, flat = np.nanmean(z, axis=2), z.reshape(len(z), -1)
        newest = _last_finite(flat)
        hour = max(1, z.shape[2] // 24)
        recent = np.take_along_axis(flat, np.maximum(newest - np.arange(hour), 0), axis=1)
        days = [day_means[:, [-lag]] for lag in COVARIATE_LAGS]
        return [*(z[:, -lag] for lag in COVARIATE_LAGS), *days, np.nanmean(recent, axis=1, keepdims=True)]

    def _of_plan(self, series: np.ndarray, origins: Origins) -> list[np.ndarray]:
        """Return ``PLANNED_COLUMNS`` of what is known ahead: at the step, of the whole day, and how far each lies from days before."""
        ahead = Origins(origins.site, origins.day + 1, np.zeros_like(origins.unknown_steps))
        known, there = past_of(self._grid, ahead, self.context_days + 1, series)  # the target day last
        x = np.where(there, known, np.float32(np.nan))
        level = np.nanmean(np.abs(x), axis=(1, 2), keepdims=True)
        z = x / np.where(level > 0, level, np.float32(1))
        return [
            column
            for values in (z, np.nanmean(z, axis=2, keepdims=True))
            for column in (values[:, -1], *(values[:, -1] - values[:, -1 - lag] for lag in PLANNED_LAGS))
        ]

    def _calendar_columns(self, origins: Origins, steps: int) -> list[np.ndarray]:
        calendar, day = self._calendar, origins.day
        kinds = [of_kind for back in (0, 1, 7) for of_kind in calendar.kinds[origins.site, np.maximum(day - back, 0)].T]
        weekday = calendar.day_of_week[day]
        angle = 2 * np.pi * calendar.day_of_year[day] / 366
        by_day = [weekday, weekday >= 5, calendar.day_of_month[day], np.sin(angle), np.cos(angle), *kinds]
        return [np.arange(steps)[None, :] / steps, *(column[:, None] for column in by_day)]


def _around(z: np.ndarray, width: int) -> np.ndarray:
    """Return the mean of each step and ``width`` steps to each side of it, across midnight but not beyond the ends of the window."""
    b, days, s = z.shape
    line = np.pad(z.reshape(b, -1), ((0, 0), (width, width)), constant_values=np.nan)
    shifted = [line[:, first : first + days * s] for first in range(2 * width + 1)]
    return np.nanmean(shifted, axis=0).reshape(z.shape)


def _last_finite(flat: np.ndarray) -> np.ndarray:
    """Position ``(B, 1)`` of the last finite value of each row; the last position where there is none."""
    return flat.shape[1] - 1 - np.isfinite(flat[:, ::-1]).argmax(axis=1, keepdims=True)
