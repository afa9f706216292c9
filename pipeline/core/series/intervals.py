"""How often each site reports, since when, and readings brought to a coarser grid where it reports more rarely than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from pipeline.core.series.clock import MINUTES_PER_DAY, infer_step_minutes, phases_of

MINUTES_OF_A_DAY_SEEN = MINUTES_PER_DAY // 2  # of the last day, in steps of one length, before that length is believed
LONGEST_STEP = 60


@dataclass(frozen=True)
class Change:
    """A site that reports at another interval than before.

    Args:
        site: Its name.
        minutes: Between its readings now.
        before: Between its readings until then.
        since: Its first reading at the new interval.
    """

    site: str
    minutes: int
    before: int
    since: datetime

    def __str__(self) -> str:
        return f"site {self.site} reported every {self.minutes} min since {self.since:%Y-%m-%d %H:%M} UTC, every {self.before} min before"


def find_step(readings: pd.DataFrame, cutoff: datetime) -> tuple[int, list[Change]]:
    """Return the interval to forecast at, and the sites that changed theirs in the day before the cutoff.

    It is the commonest interval of the readings. Where most sites have reported at a multiple of it throughout the last day, it is that.

    Args:
        readings: Columns ``site`` (categories) and ``ts``, sorted by both.
        cutoff: Instant up to which readings are known.

    Raises:
        DataError: No site has two readings, or the commonest gap is no whole number of minutes that divides a day.
    """
    usual = infer_step_minutes(readings)
    code, minute = readings["site"].cat.codes.to_numpy(np.int64), readings["ts"].to_numpy("datetime64[m]").astype(np.int64)
    gap = np.diff(minute, prepend=minute[:1])
    gap[np.append(True, code[1:] != code[:-1])] = 0
    end = int(cutoff.timestamp()) // 60
    lately = minute > end - MINUTES_PER_DAY
    now = _commonest(code[lately], gap[lately], len(readings["site"].cat.categories), MINUTES_OF_A_DAY_SEEN)
    before = _commonest(code[~lately], gap[~lately], len(now), MINUTES_OF_A_DAY_SEEN)
    believed = now[now > 0]
    lengths, sites = np.unique(believed, return_counts=True)
    step = int(lengths[sites.argmax()]) if len(lengths) else usual
    is_coarser = usual < step <= LONGEST_STEP and step % usual == 0 and MINUTES_PER_DAY % step == 0
    changed = np.flatnonzero((now > 0) & (before > 0) & (now != before))
    names = list(readings["site"].cat.categories)
    changes = [_change(names[i], now[i], before[i], minute[code == i], gap[code == i]) for i in changed]
    return step if is_coarser else usual, changes


def coarsened(readings: pd.DataFrame, step_minutes: int, covariates: Sequence[str] = ()) -> pd.DataFrame:
    """Return the readings with those of one site and step as their mean, stamped as its latest readings are; faulty ones stay as they are.

    Args:
        readings: ``site`` (categories), ``ts``, ``throughput`` and covariates, sorted by site and ts.
        step_minutes: Length of a step.
        covariates: Columns to average too.

    Example:
        A site that now reports every 10 minutes, among others that report every 20.

        >>> ts = pd.date_range("2026-03-01", periods=4, freq="10min", tz="UTC").as_unit("us")
        >>> fine = pd.DataFrame({"site": pd.Categorical(["ams"] * 4), "ts": ts, "throughput": [1.0, 3.0, 5.0, 7.0]})
        >>> [f"{row.ts:%H:%M} {row.throughput}" for row in coarsened(fine, 20).itertuples()]
        ['23:50 1.0', '00:10 4.0', '00:30 7.0']
    """
    code, minute = readings["site"].cat.codes.to_numpy(np.int64), readings["ts"].to_numpy("datetime64[m]").astype(np.int64)
    values = readings["throughput"].to_numpy()
    fine = np.isfinite(values) & (values >= 0)
    last = np.append(code[1:] != code[:-1], True)
    phase = np.zeros(len(readings["site"].cat.categories), np.int64)
    phase[code[last]] = minute[last] % step_minutes
    start = (minute - phase[code]) // step_minutes * step_minutes + phase[code]
    good = readings[fine].assign(ts=pd.DatetimeIndex(start[fine].astype("datetime64[m]").astype("datetime64[us]"), tz="UTC"))
    means = good.groupby(["site", "ts"], observed=True, sort=False)[["throughput", *covariates]].mean().reset_index()
    means["site"] = means["site"].astype(readings["site"].dtype)
    both = pd.concat([means, readings[~fine]], ignore_index=True)[list(readings.columns)]
    return both.iloc[np.lexsort((both["ts"].to_numpy(), both["site"].cat.codes.to_numpy()))].reset_index(drop=True)


def on_steps(readings: pd.DataFrame, step_minutes: int) -> pd.DataFrame:
    """Return the readings with those of sites that keep no fixed minute within the step stamped at the start (UTC) of the step they lie in.

    142 equal steps a day lie on 144 steps of 10 minutes, each on its own, and two stay empty. Where all keep their minute, the same frame.

    Args:
        readings: ``site`` and ``ts``, ``datetime64[us, UTC]``.
        step_minutes: Length of a step.

    Example:
        Every 11 minutes, on steps of 10.

        >>> ts = pd.date_range("2026-03-01", periods=4, freq="11min", tz="UTC").as_unit("us")
        >>> [f"{stamp:%H:%M}" for stamp in on_steps(pd.DataFrame({"site": "ams", "ts": ts}), 10)["ts"]]
        ['00:00', '00:10', '00:20', '00:30']
    """
    code, names = pd.factorize(readings["site"])
    stamp = readings["ts"].to_numpy("datetime64[us]")
    minute = stamp.astype("datetime64[m]").astype(np.int64)
    loose = phases_of(minute, code, len(names), step_minutes) < 0
    if not loose.any():
        return readings
    start = (minute - minute % step_minutes).astype("datetime64[m]").astype("datetime64[us]")
    return readings.assign(ts=pd.DatetimeIndex(np.where(loose[code], start, stamp), tz="UTC"))


def is_recent(change: Change, cutoff: datetime) -> bool:
    """Return whether a change lies in the two days before the cutoff: what is older was told before."""
    return change.since > cutoff - timedelta(days=2)


def _commonest(code: np.ndarray, gap: np.ndarray, sites: int, least_minutes: int) -> np.ndarray:
    """Return each site's commonest gap ``(N,)``, 0 where its gaps of that length fill less than so many minutes."""
    found = np.zeros(sites, np.int64)
    there = (gap > 0) & (gap <= MINUTES_PER_DAY)
    pairs, counts = np.unique(code[there] * (MINUTES_PER_DAY + 1) + gap[there], return_counts=True)
    site, length = np.divmod(pairs, MINUTES_PER_DAY + 1)
    order = np.argsort(counts, kind="stable")  # of one site the commonest comes last and stays
    filled = (counts * length)[order] >= least_minutes
    found[site[order]] = np.where(filled, length[order], 0)
    return found


def _change(site: str, now: int, before: int, minute: np.ndarray, gap: np.ndarray) -> Change:
    old = np.flatnonzero(gap == before)
    since = minute[min(old[-1] + 1, len(minute) - 1)] if old.size else minute[0]
    return Change(site, int(now), int(before), datetime.fromtimestamp(int(since) * 60, UTC))
