"""What is worth an alert: read from the database after a forecast was published, and after it was monitored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.adapters.postgres import alerts
from pipeline.adapters.postgres.database import connect
from pipeline.alerts.messages import Alert
from pipeline.config import Settings
from pipeline.core.series.groups import FLEET

CHAMPION_RUNG = "none"
AGAINST = {"backtest": "its backtest", "seasonal_naive": "the seasonal naive"}


def after_publish(settings: Settings, result: dict[str, Any]) -> list[Alert]:
    """Return what is to tell of a published forecast: degraded sites, sites that may exceed their capacity, news of the fleet.

    Args:
        settings: Give the database and the thresholds.
        result: What ``publish`` returned: ``target_days``, ``fleet``.
    """
    days = [date.fromisoformat(day) for day in result["target_days"]]
    with connect(settings, "viewer", work="alerts") as connection:
        rungs = alerts.read_rungs(connection, days)
        count, worst = alerts.read_capacity_risk(connection, days, settings.alert_capacity_risk)
    target_day, found = min(days), []
    total = sum(count for _, count, _ in rungs)
    degraded = [rung for rung in rungs if rung[0] != CHAMPION_RUNG]
    affected = sum(count for _, count, _ in degraded)
    if total and affected / total > settings.alert_degraded_share:
        found.append(Alert("degraded", target_day, facts={"affected": affected, "total": total, "rungs": degraded}))
    if count:
        found.append(Alert("capacity", target_day, facts={"count": count, "worst": _on_own_clocks(settings, worst)}))
    return found + _news_of_the_fleet(settings, target_day, result.get("fleet", {}))


def _news_of_the_fleet(settings: Settings, target_day: date, fleet: dict[str, Any]) -> list[Alert]:
    """Return what is to tell of sites that nobody entered, of zones that are none, of intervals that changed."""
    found = []
    if fleet.get("added") or fleet.get("unknown"):
        facts = {"added": fleet["added"], "unknown": fleet["unknown"], "zone": settings.timezone}
        found.append(Alert("newcomers", target_day, facts=facts))
    if fleet.get("unusable"):
        found.append(Alert("zones", target_day, facts={"sites": sorted(fleet["unusable"].items())}))
    if fleet.get("intervals"):
        found.append(Alert("intervals", target_day, facts={"changes": fleet["intervals"]}))
    return found


def is_published(settings: Settings, day: date) -> bool:
    """Whether readers see a forecast of the day by the champion's ladder.

    Raises:
        ServiceError: The database does not answer.
    """
    with connect(settings, "viewer", work="alerts") as connection:
        return bool(alerts.read_rungs(connection, [day]))


def after_monitor(settings: Settings, result: dict[str, Any]) -> list[Alert]:
    """Return what is to tell of a monitored day: drift, decay, and the anomalies of the last day scored.

    Args:
        settings: Give the database and the thresholds.
        result: What ``monitor`` returned.
    """
    target_day, found = date.fromisoformat(result["target_day"]), []
    with connect(settings, "writer", work="alerts") as connection:
        features = alerts.read_drift(connection, target_day, settings.drift_psi)
        days = [report["target_day"] for report in result["scored"] if report["role"] == "champion"]
        last = date.fromisoformat(max(days)) if days else None
        count, total, worst = alerts.read_anomalies(connection, last) if last else (0, 0, [])
    for group, watched in {FLEET: result, **result["groups"]}.items():
        own = [row for row in features if row[4] == group]
        if own:
            facts = {"features": [row[:3] for row in own], "version": own[0][3], "retrain": watched["retrain"]}
            found.append(Alert("drift", target_day, group, facts))
        if watched["decay"] is not None and watched["decay"] > settings.decay_ratio:
            facts = {"decay": watched["decay"], "against": AGAINST[settings.decay_against], "threshold": settings.decay_ratio}
            found.append(Alert("decay", target_day, group, facts | {"group": group, "retrain": watched["retrain"]}))
    if last and total and count and count / total >= settings.alert_anomaly_share:
        found.append(Alert("anomalies", last, facts={"count": count, "total": total, "worst": _on_own_clocks(settings, worst)}))
    found += [Alert("outside", date.fromisoformat(noted["noted_on"]), str(noted["id"]), noted) for noted in result["outside"]]
    return found


def _on_own_clocks(settings: Settings, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows of (site, instant, …), each on the clock of its site; on that of the schedule where a site's zone does not exist."""
    with connect(settings, "reader") as connection:
        zones = alerts.read_zones(connection, [row[0] for row in rows])
    return [(site, _in_zone(at, zones.get(site, ""), settings.timezone), *rest) for site, at, *rest in rows]


def _in_zone(at: datetime, zone: str, otherwise: str) -> datetime:
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):  # a mistyped zone must not silence the alert
        return at.astimezone(ZoneInfo(otherwise))
