"""What people know of days that no series holds: who is meant, when, and what it does to the readings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from pipeline.errors import DataError

EXPECTED, IGNORE, BREAK = KINDS = ("expected", "ignore", "break")
LONGEST_EXPECTED = timedelta(hours=72)


@dataclass(frozen=True)
class Note:
    """An event as a person notes it; of the whole fleet where neither a site nor labels are named.

    Args:
        kind: One of ``KINDS``.
        starts_at: Its first instant.
        ends_at: The first instant after it; None for a break without a length.
        category: What sort of event it is; required of ``expected``.
        site: Whose it is.
        labels: Which a site must have, the country among them, to be meant.
        expected_factor: By how much traffic is multiplied, as the person expects.
        note: In the person's words.
        noted_by: Who noted it; None for the login.
        known_from: A cutoff at or before it does not know of the event; None for now.
    """

    kind: str
    starts_at: datetime
    ends_at: datetime | None = None
    category: str | None = None
    site: str | None = None
    labels: Mapping[str, str] | None = None
    expected_factor: float | None = None
    note: str = ""
    noted_by: str | None = None
    known_from: datetime | None = None

    def of_sites(self, sites: Sequence[str], what: str = "the event") -> list[Note]:
        """Return an event like this for each of some sites, the very one where none is named; each is ``checked``."""
        return [replace(self, site=site).checked(what) for site in sites] or [self.checked(what)]

    def checked(self, what: str = "the event") -> Note:
        """Return the event; ``what`` names it.

        Raises:
            DataError: It cannot be.
        """
        if self.kind not in KINDS:
            raise DataError(f"{what} is of kind {self.kind!r}; expected one of {', '.join(KINDS)}")
        if self.site is not None and self.labels:
            raise DataError(f"{what} names a site and labels; expected one of them, or neither for the whole fleet")
        if self.ends_at is None and self.kind != BREAK:
            raise DataError(f"{what} has no end; only a break lasts from its start on")
        if self.ends_at is not None and self.ends_at <= self.starts_at and (self.kind != BREAK or self.ends_at < self.starts_at):
            raise DataError(f"{what} ends at {self.ends_at.isoformat()}, before it starts at {self.starts_at.isoformat()}")
        if self.kind == EXPECTED:
            self._check_expected(what)
        elif self.expected_factor is not None:
            raise DataError(f"{what} is of kind {self.kind} and has a factor; only an expected one has an effect to expect")
        return self

    def _check_expected(self, what: str) -> None:
        if not self.category:
            raise DataError(f"{what} has no category; an expected one needs it, such as match or release: effects are learnt by category")
        if self.expected_factor is not None and not 0 < self.expected_factor < float("inf"):
            raise DataError(
                f"{what} has the factor {self.expected_factor:g}; expected a number above 0, such as 1.5 for half as much again"
            )
        if self.ends_at is not None and self.ends_at - self.starts_at > LONGEST_EXPECTED:
            raise DataError(
                f"{what} lasts {(self.ends_at - self.starts_at) / timedelta(hours=1):g} hours; an expected one lasts at most "
                f"{LONGEST_EXPECTED // timedelta(hours=1)}: a level that stays for longer is learnt from the days themselves"
            )


def instant_of(text: str, what: str) -> datetime:
    """Return the instant that a person wrote.

    Example:
        >>> instant_of("2026-06-11 17:00+02:00", "from").isoformat()
        '2026-06-11T17:00:00+02:00'

    Raises:
        DataError: It is none, or names no zone.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise DataError(f"{what} {text!r} is no instant; expected for instance 2026-06-11T17:00+02:00") from error
    if found.tzinfo is None:
        raise DataError(
            f"{what} {text!r} names no zone; expected an offset, for instance {found.isoformat(timespec='minutes')}+02:00 or …Z"
        )
    return found


def means_any(events: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> np.ndarray:
    """Return which events ``(E,)`` mean any site; arguments as for ``sites_meant``."""
    return np.array([whose is None or len(whose) > 0 for whose in sites_meant(events, labels)], bool)


def sites_meant(events: pd.DataFrame, labels: Mapping[str, Mapping[str, str]]) -> list[tuple[str, ...] | None]:
    """Return the sites that each event means, as ``sql/functions/is_meant.sql`` does; None for all of them.

    Args:
        events: ``site``, and ``labels`` as JSON, missing where the event names none.
        labels: Those of each site, by its name, the country among them.

    Example:
        >>> edge = pd.DataFrame({"site": [None, "b", None], "labels": ['{"tier": "edge"}', None, None]})
        >>> sites_meant(edge, {"a": {"tier": "edge"}, "b": {}})
        [('a',), ('b',), None]
    """
    found: dict[str, tuple[str, ...]] = {}
    for said in {said for said in events["labels"] if isinstance(said, str)}:
        wanted = {key: value if isinstance(value, str) else json.dumps(value) for key, value in json.loads(said).items()}
        found[said] = tuple(name for name, its in labels.items() if wanted.items() <= its.items())
    named = [(site,) if site in labels else () for site in events["site"]]
    whole = events["site"].isna() & events["labels"].isna()
    return [
        None if everyone else found[said] if isinstance(said, str) else own
        for everyone, said, own in zip(whole, events["labels"], named, strict=True)
    ]


def pairs_of(whose: Sequence[tuple[str, ...] | None], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return every pair of an event and a site that it means, as ``event`` and ``site`` ``(P,)``.

    Args:
        whose: What ``sites_meant`` returned.
        names: Of the grid's sites; others are left out.
    """
    place = {name: i for i, name in enumerate(names)}
    every = np.arange(len(names))
    sites = [every if them is None else np.array([place[name] for name in them if name in place], np.int64) for them in whose]
    event = np.repeat(np.arange(len(sites)), [len(them) for them in sites])
    return event, np.concatenate([*sites, np.zeros(0, np.int64)])
