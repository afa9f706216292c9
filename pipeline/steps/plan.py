"""Which day is it? Decided once, before the first step, and handed on."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.core.series.clock import target_day_at
from pipeline.errors import ConfigurationError


def plan(
    purpose: str, settings: Settings, *, asked: str | None, partition_key: str | None, at: datetime, shards: int = 1, group: str = ""
) -> Run:
    """Return the run that a day was asked for, by hand, by the schedule, or by nobody.

    Args:
        purpose: ``train``, ``forecast``, ``monitor`` or ``retain``.
        settings: Give the zone of the schedule and how long before the day the readings end.
        asked: Target day given by hand, ISO 8601; None or empty where none was given.
        partition_key: Target day of a scheduled, backfilled or asset-triggered run; None in a manual run without one.
        at: The run's own instant: with neither day given, the latest target day whose cutoff has passed by then. Where tomorrow is asked
            for before its cutoff, the readings end here.
        shards: Into how many parts the sites are divided.
        group: Of a training, the group of sites that the model is for; empty for the fleet.

    Raises:
        ConfigurationError: A day is not an ISO date, both are given and differ, or the day lies further ahead than tomorrow; or there is
            no such group.
    """
    if group and group not in settings.groups:
        known = ", ".join(settings.groups) or "none"
        raise ConfigurationError(f"{group!r} is no group that has a model of its own; DAYAHEAD_GROUPS names {known}")
    days = {_to_day(value) for value in (asked, partition_key) if value}
    if len(days) > 1:
        raise ConfigurationError(
            f"the Param target_day asks for {asked}, the run's partition key for {partition_key}; give only one of them"
        )
    day = days.pop() if days else _latest_target_day(settings, at)
    cutoff = settings.cutoff_of(day)
    if cutoff > at:
        tomorrow = target_day_at(at, settings.timezone)
        if day > tomorrow:
            raise ConfigurationError(f"target day {day} is too far ahead: at {at.isoformat(timespec='minutes')} the last one is {tomorrow}")
        cutoff = at.replace(second=0, microsecond=0)
    return Run(purpose, day, cutoff, shards, group=group)


def _to_day(value: str) -> date:
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise ConfigurationError(f"target day {value!r} is not a date; expected for instance 2026-08-21") from error


def _latest_target_day(settings: Settings, at: datetime) -> date:
    day = at.date() + timedelta(days=2)
    while settings.cutoff_of(day) > at:
        day -= timedelta(days=1)
    return day
