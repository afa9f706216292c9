"""A fleet that behaves like a CDN's: the same for the same arguments, quick, and forecastable to a realistic degree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.series.clock import MINUTES_PER_DAY, steps_per_day, to_wall_clock

END = date(2026, 8, 20)  # last day of readings unless asked otherwise: fixed, so that two samples are equal
CITIES = (
    ("fra", "Europe/Berlin", "DE"), ("lon", "Europe/London", "GB"), ("par", "Europe/Paris", "FR"), ("mad", "Europe/Madrid", "ES"),
    ("waw", "Europe/Warsaw", "PL"), ("sto", "Europe/Stockholm", "SE"), ("nyc", "America/New_York", "US"), ("chi", "America/Chicago", "US"),
    ("lax", "America/Los_Angeles", "US"), ("gru", "America/Sao_Paulo", "BR"), ("sin", "Asia/Singapore", "SG"), ("nrt", "Asia/Tokyo", "JP"),
    ("bom", "Asia/Kolkata", "IN"), ("syd", "Australia/Sydney", "AU"), ("han", "Asia/Ho_Chi_Minh", "VN"),
    ("jnb", "Africa/Johannesburg", "ZA"),
)  # fmt: skip
EVENING, NOON, MORNING = 20.8, 13.0, 9.0


@dataclass(frozen=True)
class Fleet:
    """Constant traits of ``N`` sites, each array ``(N,)``: what makes one unlike the other."""

    name: list[str]
    timezone: list[str]
    country: list[str]
    scale: np.ndarray  # bytes/s of an ordinary evening
    office: np.ndarray  # share of daytime traffic, 0 … 1
    weekend: np.ndarray  # change of the level at the weekend, log
    growth: np.ndarray  # per year, log
    noise: np.ndarray  # standard deviation of a reading, log
    headroom: np.ndarray  # capacity over the largest reading


def sample_fleet(
    sites: int = 20, days: int = 120, step_minutes: int = 10, end: date = END, seed: int = 0, *, outages: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the readings and the sites of a made-up fleet.

    Args:
        sites: How many; sizes span three orders of magnitude. One in ten is new, one in ten dies before the end.
        days: Days of readings, the last is ``end`` (in UTC).
        step_minutes: Reading interval.
        end: Last day of readings.
        seed: Equal arguments give equal frames.
        outages: Remove hours to days here and there.

    Returns:
        Readings ``site, ts, throughput, device_num, dxcc_usage`` sorted by site and ts; sites ``site, timezone, capacity, country``.
    """
    random = np.random.default_rng(seed)
    fleet = _fleet(random, sites)
    minutes = np.arange(days * steps_per_day(step_minutes)) * step_minutes
    ts = pd.Series(
        pd.DatetimeIndex(np.datetime64(end - timedelta(days=days - 1), "us") + minutes.astype("timedelta64[m]")).tz_localize("UTC")
    )
    level = np.log(fleet.scale)[:, None] + _rhythm(fleet, ts) + _drift(random, fleet, minutes) + _events(random, sites, minutes)
    level += _noise(random, fleet, len(minutes))
    throughput = np.exp(level)
    alive = _lifetimes(random, sites, minutes, throughput)
    if outages:
        alive &= ~_outages(random, sites, len(minutes))
    capacity = _rounded(throughput.max(axis=1) * fleet.headroom)
    columns = {"throughput": throughput.round(), **_covariates(random, throughput, capacity)}
    site, at = np.nonzero(alive)
    readings = pd.DataFrame({"site": pd.array(fleet.name, dtype="str").take(site), "ts": ts.to_numpy()[at]})
    readings["ts"] = ts.array.take(at)
    for name, values in columns.items():
        readings[name] = values[site, at]
    return readings, pd.DataFrame({"site": fleet.name, "timezone": fleet.timezone, "capacity": capacity, "country": fleet.country})


def _fleet(random: np.random.Generator, n: int) -> Fleet:
    city = [CITIES[i % len(CITIES)] for i in range(n)]
    return Fleet(
        name=sorted(f"{code}-{i // len(CITIES) + 1:02d}" for i, (code, _, _) in enumerate(city)),
        timezone=[zone for _, zone, _ in sorted(city)],
        country=[country for _, _, country in sorted(city)],
        scale=10 ** random.uniform(7.5, 10.5, n),
        office=random.beta(1.2, 2.5, n),
        weekend=random.normal(0.02, 0.05, n),
        growth=random.normal(0.25, 0.15, n),
        noise=np.exp(random.normal(np.log(0.03), 0.3, n)),
        headroom=random.uniform(0.98, 1.6, n),
    )


def _rhythm(fleet: Fleet, ts: pd.Series) -> np.ndarray:
    """Daily and weekly shape and public holidays on the wall clock of each site, log, ``(N, T)``."""
    out = np.empty((len(fleet.name), len(ts)))
    for zone, country in sorted(set(zip(fleet.timezone, fleet.country, strict=True))):
        day, minute = to_wall_clock(ts, zone, 1)
        hour, weekday = minute / 60, (day.astype("datetime64[D]").astype(np.int64) + 3) % 7
        holiday = _holidays(day, country)
        free, friday = (weekday >= 5) | holiday, (weekday == 4) & ~holiday
        evening = 0.55 * _bump(hour, EVENING, 3.2) + 0.1 * friday * _bump(hour, EVENING + 1, 3)
        daytime = _bump(hour, NOON, 4.5) * np.where(free, 0.55, 0.75) + 0.25 * _bump(hour, MORNING, 2) * ~free
        leisure = evening + 0.35 * _bump(hour, NOON + 2.5 * free, 4.5) * np.where(free, 1.3, 1.0)
        for i in (i for i, z in enumerate(fleet.timezone) if (z, fleet.country[i]) == (zone, country)):
            shape = 0.22 + (1 - fleet.office[i]) * leisure + fleet.office[i] * daytime
            effect = np.where(free, fleet.weekend[i] - 0.35 * fleet.office[i], 0.0) + 0.08 * (weekday == 6) - 0.04 * (weekday == 1)
            out[i] = np.log(shape) + effect
    return out


def _bump(hour: np.ndarray, peak: float | np.ndarray, width: float) -> np.ndarray:
    apart = (hour - peak + 12) % 24 - 12
    return np.exp(-0.5 * (apart / width) ** 2)


def _holidays(day: np.ndarray, country: str) -> np.ndarray:
    import holidays

    days, place = np.unique(day, return_inverse=True)
    public = holidays.country_holidays(country, years=sorted({d.year for d in days.astype(object)}))
    return np.array([d in public for d in days.astype(object)])[place]


def _drift(random: np.random.Generator, fleet: Fleet, minutes: np.ndarray) -> np.ndarray:
    """Growth and a level that wanders from day to day, partly together, log, ``(N, T)``."""
    n, day = len(fleet.name), minutes / MINUTES_PER_DAY
    knots = int(day[-1]) + 2
    steps = 0.030 * random.standard_normal((n, knots)) + 0.020 * random.standard_normal(knots)
    level = np.zeros((n, knots))
    for k in range(1, knots):
        level[:, k] = 0.92 * level[:, k - 1] + steps[:, k]
    wander = np.stack([np.interp(day, np.arange(knots), row) for row in level])
    return wander + fleet.growth[:, None] * (day - day[-1]) / 365


def _events(random: np.random.Generator, n: int, minutes: np.ndarray) -> np.ndarray:
    """Releases that the whole fleet downloads and flash crowds of one site, log, ``(N, T)``."""
    days = minutes[-1] / MINUTES_PER_DAY
    out = np.zeros((n, len(minutes)))
    for start in random.uniform(0, days, max(1, int(days / 20))):
        since = minutes / 60 - (np.floor(start) * 24 + 17)
        out += random.uniform(0.15, 0.5) * random.uniform(0.3, 1.3, (n, 1)) * _surge(since, rise=1.0, fall=7.0)
    crowds = random.poisson(days / 60, n)
    for site in np.repeat(np.arange(n), crowds):
        since = (minutes - random.uniform(0, minutes[-1])) / 60
        out[site] += random.uniform(0.4, 1.1) * _surge(since, rise=0.2, fall=0.8)
    return out


def _surge(hours: np.ndarray, rise: float, fall: float) -> np.ndarray:
    after = np.maximum(hours, 0)
    return (1 - np.exp(-after / rise)) * np.exp(-after / fall)


def _noise(random: np.random.Generator, fleet: Fleet, length: int) -> np.ndarray:
    """Noise that hangs together over an hour or two, and a smaller part that does not, log, ``(N, T)``."""
    white = random.standard_normal((len(fleet.name), length))
    kernel = 0.85 ** np.arange(24)
    slow = np.stack([np.convolve(row, kernel / np.linalg.norm(kernel))[:length] for row in white])
    return fleet.noise[:, None] * (slow + 0.5 * random.standard_normal(white.shape))


def _lifetimes(random: np.random.Generator, n: int, minutes: np.ndarray, throughput: np.ndarray) -> np.ndarray:
    """Return where readings exist ``(N, T)``; new sites ramp up and dying ones fade in place."""
    days, day = minutes[-1] / MINUTES_PER_DAY, minutes / MINUTES_PER_DAY
    born, dead = np.full(n, -np.inf), np.full(n, np.inf)
    order, few = random.permutation(n), n // 10
    born[order[:few]] = days - random.uniform(4, 0.4 * max(days, 10), few)
    dead[order[few : 2 * few]] = days - random.uniform(2, 0.3 * max(days, 7), few)
    throughput *= np.clip((day - born[:, None]) / 5, 0.1, 1) * np.clip((dead[:, None] - day) / 7, 0.05, 1)
    return (day >= born[:, None]) & (day < dead[:, None])


def _outages(random: np.random.Generator, n: int, length: int) -> np.ndarray:
    """Return where readings are lost ``(N, T)``: now and then a row, and a few stretches of hours to days."""
    lost = random.random((n, length)) < 0.002
    for site in np.repeat(np.arange(n), random.poisson(1.5, n)):
        start = random.integers(length)
        lost[site, start : start + int(length * random.lognormal(-5.5, 1.0))] = True
    return lost


def _covariates(random: np.random.Generator, throughput: np.ndarray, capacity: np.ndarray) -> dict[str, np.ndarray]:
    per_device = 4e5 * np.exp(random.normal(0, 0.2, (len(capacity), 1)))
    devices = (throughput / per_device) ** 0.95 * np.exp(0.03 * random.standard_normal(throughput.shape))
    usage = 100 * throughput / capacity[:, None] + random.normal(0, 0.8, throughput.shape)
    return {"device_num": devices.round(), "dxcc_usage": np.clip(usage, 0, 100).round(2)}


def _rounded(values: np.ndarray) -> np.ndarray:
    """Two significant digits, as a person would write a capacity."""
    unit: Any = 10.0 ** (np.floor(np.log10(values)) - 1)
    return np.ceil(values / unit) * unit
