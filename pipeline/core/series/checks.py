"""What must hold for readings, row by row: the one definition that Great Expectations states and the quarantine follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core.series.frames import READING_COLUMNS

FIRST_FEW = 100  # good values shown beside the telling ones
MAX_MULTIPLE = 30.0  # of a site's usual daily high: a flash crowd reaches ten, bytes taken for kilobytes a thousand


Columns = Mapping[str, Any] | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold for every value of a column.

    ``allowed``, ``minimum`` and ``maximum`` speak of values that are there (NaN passes); a check with none of them wants a value.

    Args:
        name: What must hold, in words.
        fault: What a row that fails is said to be: the reason in the quarantine.
        column: Column that holds the values.
        minimum: Smallest good value.
        maximum: Largest good value.
        above: True where ``minimum`` itself is bad.
        allowed: The only good values, as text.
        mostly: Share of the values that must be good for the check to hold.
    """

    name: str
    fault: str
    column: str
    minimum: float | None = None
    maximum: float | None = None
    above: bool = False
    allowed: tuple[str, ...] = ()
    mostly: float = 1.0

    def broken(self, frame: Columns) -> np.ndarray:
        """Return which rows ``(R,)`` of the frame fail."""
        values = pd.Series(frame[self.column], copy=False)
        if self.allowed:
            return (values.notna() & ~values.isin(self.allowed)).to_numpy(bool)
        if self.minimum is None and self.maximum is None:
            return values.isna().to_numpy(bool)
        number = values.to_numpy()
        ends_hold = not self._outside(number[extremes(number)]).any()
        return np.zeros(len(number), bool) if ends_hold else self._outside(number)

    def _outside(self, number: np.ndarray) -> np.ndarray:
        fails = np.zeros(len(number), bool)
        if self.minimum is not None:
            fails |= (number <= self.minimum) if self.above else (number < self.minimum)
        if self.maximum is not None:
            fails |= number > self.maximum
        return fails

    @property
    def bounds(self) -> str:
        """What a good value is, in words."""
        if self.allowed:
            return " or ".join(self.allowed)
        low = [] if self.minimum is None else [f"{'more than' if self.above else 'at least'} {self.minimum:g}"]
        high = [] if self.maximum is None else [f"at most {self.maximum:g}"]
        return " and ".join(low + high) or "a value"

    @property
    def expected(self) -> str:
        """What must be found for the check to hold, in words."""
        return self.bounds if self.mostly == 1 else f"{self.bounds} for {self.mostly:.0%} or more"


def schema_of(readings: pd.DataFrame, covariates: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row that says the kind of each column of a reading: text, number, instant, naive time, missing or the type's name."""
    kinds = {name: _kind(readings[name]) if name in readings.columns else "missing" for name in (*READING_COLUMNS, *covariates)}
    return pd.DataFrame([kinds])


def schema_checks(covariates: Sequence[str] = ()) -> list[Check]:
    """Return what must hold for ``schema_of``."""
    kinds = {"site": "text", "ts": "instant with a time zone", "throughput": "number"} | dict.fromkeys(covariates, "number")
    return [
        Check(f"column {name} holds the right type", f"column {name} has the wrong type", name, allowed=(k,)) for name, k in kinds.items()
    ]


def row_checks() -> list[Check]:
    """Return what must hold for ``measures.row_measures``; a row is rejected for the first that fails."""
    return [
        Check("every site is known", "unknown site", "site_index", minimum=0),
        Check("every ts is there", "ts is missing", "ts"),
        Check("ts lies before the cutoff", "ts is at or after the cutoff", "minutes_to_cutoff", minimum=0, above=True),
        Check("ts lies on the site's grid", "ts is off the site's grid", "minutes_off_grid", maximum=0),
        Check("throughput is there", "throughput is missing", "throughput"),
        Check("throughput is finite", "throughput is not finite", "throughput", minimum=-float_info.max, maximum=float_info.max),
        Check("throughput is not negative", "throughput is negative", "throughput", minimum=0),
        Check(
            "throughput is near the site's own history",
            "throughput is far above the site's history",
            "multiple_of_usual",
            maximum=MAX_MULTIPLE,
        ),
        Check("each site has one reading a step", "second reading of the same step", "repeats", maximum=0),
    ]


def covariate_checks(covariates: Sequence[str]) -> list[Check]:
    """Return what must hold for each covariate: a row that fails keeps its throughput and loses the covariate."""
    checks = []
    for name in covariates:
        checks += [
            Check(f"{name} is finite and not negative", f"{name} is out of range", name, minimum=0, maximum=float_info.max),
            Check(
                f"{name} is near the site's own history", f"{name} is far above the site's history", multiple_of(name), maximum=MAX_MULTIPLE
            ),
        ]
    return checks


def site_checks(*, stale_after_hours: float, max_stale_share: float, min_completeness: float, flat_after_hours: float) -> list[Check]:
    """Return what must hold for the live sites of ``measures.site_measures``; only the first breaks a whole batch."""
    return [
        Check("most sites are fresh", "stale", "hours_silent", maximum=stale_after_hours, mostly=round(1 - max_stale_share, 9)),
        Check("the last seven days are complete", "incomplete", "completeness", minimum=min_completeness),
        Check("throughput still moves", "flat line", "hours_flat", maximum=flat_after_hours),
    ]


def multiple_of(covariate: str) -> str:
    """Return the name of the measure that compares a covariate with its site's history."""
    return f"{covariate}_multiple_of_usual"


def first_fault(frame: Columns, checks: Sequence[Check]) -> np.ndarray:
    """Return the index of the first check that each row fails, ``(R,)``; ``len(checks)`` for a good row."""
    fault = np.full(len(frame[checks[0].column]), len(checks), np.int64)
    for i, check in reversed(list(enumerate(checks))):
        fault[check.broken(frame)] = i
    return fault


def telling_rows(frame: Columns, checks: Sequence[Check]) -> np.ndarray:
    """Return the rows that decide the checks, ascending: all that break one, each column's extremes and a missing value, the first few.

    Indexes ``(P,)``. Bounds hold for a column just where they hold for its extremes, so nothing is taken on trust, and millions of good
    values need not be looked at one by one.
    """
    chosen = [np.arange(min(FIRST_FEW, len(frame[checks[0].column])))]
    chosen += [np.flatnonzero(check.broken(frame)) for check in checks]
    for column in {check.column for check in checks}:
        values = pd.Series(frame[column], copy=False)
        numeric = pd.api.types.is_numeric_dtype(values.dtype)
        chosen.append(extremes(values.to_numpy()) if numeric else np.flatnonzero(values.isna())[:1])
    return np.unique(np.concatenate(chosen))


def extremes(number: np.ndarray) -> np.ndarray:
    """Return the rows ``(P,)`` of a missing value, of the smallest and of the largest one that is there; none that does not exist."""
    if not number.size:
        return np.zeros(0, np.int64)
    ends = np.array([number.argmin(), number.argmax()])
    if not np.isnan(number[ends[0]]):
        return ends
    there = np.flatnonzero(~np.isnan(number))  # both ends are the first missing value
    return np.append(ends[:1], there[extremes(number[there])])


def _kind(values: pd.Series) -> str:
    kind = values.dtype
    if isinstance(kind, pd.DatetimeTZDtype):
        return "instant with a time zone"
    if pd.api.types.is_datetime64_dtype(kind):
        return "time without a zone"
    if pd.api.types.is_bool_dtype(kind):
        return "truth value"
    if pd.api.types.is_numeric_dtype(kind):
        return "number"
    names = values.cat.categories if isinstance(kind, pd.CategoricalDtype) else values
    if pd.api.types.is_string_dtype(names.dtype) and pd.api.types.infer_dtype(names, skipna=True) in ("string", "empty"):
        return "text"
    return str(kind)
