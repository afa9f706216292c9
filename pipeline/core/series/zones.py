"""Which names of time zones mean the same everywhere, and which countries have a calendar of holidays."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

NOT_EVERYWHERE = ("localtime", "posixrules", "Factory")
OTHER_CLOCKS = ("right/", "posix/")  # the first counts leap seconds, which no timestamp of ours does


@lru_cache(maxsize=4096)
def is_country(code: str) -> bool:
    """Return whether a code is that of a country whose public holidays are known."""
    from holidays import list_supported_countries  # not while a DAG file is parsed

    return code in list_supported_countries(include_aliases=True)


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
