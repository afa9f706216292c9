"""``daily_gru_multihead`` and ``daily_gru_dot`` on traffic built so that yesterday says most: levels and shapes drift day by day."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.attention import pictures
from benchmarks.attention.outcome import Course, Outcome, Report
from pipeline.core import models
from pipeline.core.models.contract import MEDIAN, FitOptions, Forecast, Origins, Progress, Split
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid

SITES, DAYS, STEPS, STEP_MINUTES = 16, 81, 144, 10
TEST_DAYS, VALIDATION_DAYS = 14, 7
CONTEXT_DAYS = 7
COURSE = Course(samples=SITES * 59, epochs=15, batch=64, learning_rate=3e-3)  # the last 60 days before validation, less the first


def drifting_traffic(seed: int, steps: int = STEPS) -> Grid:
    """Return traffic in bytes/s whose level and daily shape walk at random from each day to the next, with the covariates of a CDN.

    Each day also has a mood of its own that does not last, so the days before yesterday still help to tell walk from mood: what a day says
    of tomorrow falls with its age. The weekday means nothing here.
    """
    rng = np.random.default_rng(seed)
    hour = np.arange(steps) / steps * 2 * np.pi
    level = np.cumsum(rng.normal(0, 0.10, (SITES, DAYS, 1)), axis=1) + rng.uniform(20, 22, (SITES, 1, 1))
    mood = rng.normal(0, 0.20, (SITES, DAYS, 1))
    waves = np.stack([np.sin(hour), np.cos(hour), np.sin(2 * hour), np.cos(2 * hour)])  # (4, S)
    walk = np.cumsum(rng.normal(0, 0.08, (SITES, DAYS, 4)), axis=1) + rng.normal(0, 0.4, (SITES, 1, 4))
    noise = rng.normal(0, 0.05, (SITES, DAYS, steps))
    throughput = np.exp(level + mood + walk @ waves + noise).astype(np.float32)
    observed = rng.random(throughput.shape) >= 0.01
    devices = np.rint(throughput / throughput.mean(axis=(1, 2), keepdims=True) * 40).astype(np.float32)
    usage = (throughput / throughput.max(axis=(1, 2), keepdims=True) * 100).astype(np.float32)
    return Grid(
        sites=tuple(Site(f"perf-{i}") for i in range(SITES)),
        first_day=dt.date(2026, 1, 1),
        step_minutes=STEP_MINUTES,
        throughput=np.where(observed, throughput, 0),
        observed=observed,
        covariates={"device_num": np.where(observed, devices, np.nan), "dxcc_usage": np.where(observed, usage, np.nan)},
        phase_minutes=np.zeros(SITES, np.int64),
    )


def run(name: str, folder: Path, report: Report, course: Course = COURSE) -> Outcome:
    """Train on 60 days, choose on 7, and look at what is attended on the last 14."""
    grid = drifting_traffic(course.seed)
    test, validation = range(DAYS - TEST_DAYS, DAYS), range(DAYS - TEST_DAYS - VALIDATION_DAYS, DAYS - TEST_DAYS)
    curve: list[Progress] = []

    def hear(progress: Progress) -> None:
        curve.append(progress)
        report(progress)

    options = {"batch": course.batch, "epochs": course.epochs, "learning_rate": course.learning_rate, "context_days": CONTEXT_DAYS}
    forecaster = models.create(name, **options)
    forecaster.fit(grid, Split(range(1, validation.start), validation), FitOptions(seed=course.seed, device="cpu", report=hear))
    made = forecaster.forecast(grid, Origins.every(SITES, test))
    assert made.attention is not None
    weights = made.attention.mean((0, 1))  # (L,), the last is yesterday
    rank = 1 + int((weights > weights[-1]).sum())
    actual, forecast = _one_site(grid, made)
    title = f"{name}: 14 unseen days of one site"
    picture = pictures.days(folder / f"{name}.png", actual, forecast, weights, curve, steps=STEPS, title=title)
    figures = {f"attention_{CONTEXT_DAYS - i}_days_ago": float(w) for i, w in enumerate(weights)}
    figures |= {"wape": _wape(grid, made), "wape_same_time_yesterday": _wape(grid, _yesterday(grid, made.origins))}
    findings = {
        "the day a week ago weighs least": int(weights.argmin()) == 0,
        "forecasts better than same time yesterday": figures["wape"] < figures["wape_same_time_yesterday"],
    }
    settings = asdict(course) | forecaster.settings
    return Outcome(
        name, "rank of yesterday among 7 days", float(rank), 1.0, True, findings, figures, settings, [picture], curve, published=1.0
    )


def _yesterday(grid: Grid, origins: Origins) -> Forecast:
    return models.create("seasonal_naive_day").forecast(grid, origins)


def _wape(grid: Grid, made: Forecast) -> float:
    at = made.origins.site, made.origins.day
    error = np.abs(made.quantiles[..., MEDIAN] - grid.throughput[at])[grid.observed[at]].sum()
    return float(error / grid.throughput[at].sum())


def _one_site(grid: Grid, made: Forecast) -> tuple[np.ndarray, np.ndarray]:
    mine = made.origins.site == 0
    days = made.origins.day[mine]
    actual = np.where(grid.observed[0, days], grid.throughput[0, days], np.nan)
    return actual.ravel(), made.quantiles[mine][..., MEDIAN].ravel()
