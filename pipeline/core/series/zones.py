"""Which names of time zones mean the same everywhere, and which names are those of calendars."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from zoneinfo import ZoneInfo

NOT_EVERYWHERE = ("localtime", "posixrules", "Factory")
CODE = re.compile(r"[A-Z]{2,3}(-.+)?")  # of a country, or of a subdivision of one: no calendar of ours is named so
OTHER_CLOCKS = ("right/", "posix/")  # the first counts leap seconds, which no timestamp of ours does


@lru_cache(maxsize=4096)
def is_country(code: str) -> bool:
    """Return whether a code is that of a country whose public holidays are known."""
    from holidays import list_supported_countries  # not while a DAG file is parsed

    return code in list_supported_countries(include_aliases=True)


@lru_cache(maxsize=4096)
def is_subdivision(code: str) -> bool:
    """Return whether a code such as DE-NW is that of a country, or of a subdivision of one, whose public holidays are known."""
    from holidays import list_supported_countries

    country, dash, subdivision = code.partition("-")
    return is_country(country) and (not dash or subdivision in list_supported_countries(include_aliases=True)[country])


def parts_of(calendar: str | None) -> list[str]:
    """Return the names in what a site says of its calendar; none where it says nothing."""
    return [part for part in map(str.strip, (calendar or "").split(",")) if part]


def known_calendars(calendar: str, own: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the names in a site's ``calendar`` that are a country, a subdivision or one of our ``own``, and those that are nothing.

    Example:
        >>> known_calendars("DE-NW, schools, dentists", {"schools"})
        (['DE-NW', 'schools'], ['dentists'])
    """
    parts = parts_of(calendar)
    there = [part for part in parts if part in own or is_subdivision(part)]
    return there, [part for part in parts if part not in there]


@lru_cache(maxsize=4096)
def is_zone(name: str) -> bool:
    """Return whether a name is an IANA time zone that this machine knows and that means the same on every other."""
    if name in NOT_EVERYWHERE or name.startswith(OTHER_CLOCKS):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
