"""Is the forecast there? Asked from outside: through the roles that only read, by a person, cron or Kubernetes."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.terminal import aside, out
from pipeline.config import Settings
from pipeline.errors import ConfigurationError, DayaheadError

if TYPE_CHECKING:
    from pipeline.adapters.postgres.forecast_days import SiteDay

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"
STATUS = {HEALTHY: 0, DEGRADED: 1, UNHEALTHY: 2}
COLOURS = {HEALTHY: "green", DEGRADED: "yellow", UNHEALTHY: "red"}
MISSING_SHARE = 0.5  # of the live sites: where more are missing, the forecast as a whole is
NAMED = 5  # sites that a line names
ABSENT_NAMED = 50  # sites without a forecast that are told with the reason
ANSWER_SECONDS = 5


@dataclass
class Health:
    """What was found.

    Args:
        target_day: The day that was looked at, in the zone of the schedule.
        facts: What is there, for people and as JSON.
        broken: What makes it unhealthy.
        weak: What makes it degraded.
    """

    target_day: date
    facts: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    weak: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """``healthy``, ``degraded`` or ``unhealthy``."""
        return UNHEALTHY if self.broken else DEGRADED if self.weak else HEALTHY


def health(
    day: Annotated[str | None, typer.Option(help="Target day to look at. Default: the latest that was due by now.", metavar="DATE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say whether the forecast is there, complete, finite, fresh and the champion's, and whether the services answer.

    Ends with 0 where all is well; with 1 where the forecast is there and something is not as it should be: sites without one, a lower
    rung of the ladder, readings older than planned, MLflow or Airflow away; with 2 where it is missing or broken, or the database is away.

    Examples:
        python -m pipeline health
        python -m pipeline health --day 2026-08-21
        python -m pipeline health --json | jq .problems
    """
    from pipeline.config import read_settings

    settings, now = read_settings(), datetime.now(UTC)
    found = check_forecast(settings, _to_day(day) if day else latest_due(settings, now))
    check_services(settings, found)
    if as_json:
        text = {"status": found.word, "target_day": found.target_day, "problems": found.broken + found.weak, **found.facts}
        typer.echo(json.dumps(text, default=str, ensure_ascii=False, indent=1))
    else:
        _show(found)
    raise typer.Exit(STATUS[found.word])


def latest_due(settings: Settings, now: datetime) -> date:
    """Return the latest target day that was to be published by now: whose cutoff lies ``deadline_minutes`` back."""
    day = now.date() + timedelta(days=2)
    while settings.cutoff_of(day) + timedelta(minutes=settings.deadline_minutes) > now:
        day -= timedelta(days=1)
    return day


def check_forecast(settings: Settings, target_day: date) -> Health:
    """Return what stands published for a target day, measured by the sites that were live at its cutoff."""
    from pipeline.adapters.postgres.database import connect
    from pipeline.adapters.postgres.forecast_days import read_absent_sites, read_forecast_days, read_live_sites

    found, cutoff = Health(target_day), settings.cutoff_of(target_day)
    since = cutoff - timedelta(days=settings.dead_after_days)
    try:
        with connect(settings, "viewer", work="health") as connection:
            published = read_forecast_days(connection, [target_day + timedelta(days=d) for d in (-1, 0, 1)])
            absent, why = read_absent_sites(connection, ABSENT_NAMED)
        with connect(settings, "reader", work="health") as connection:
            live = read_live_sites(connection, since, cutoff)
    except DayaheadError as error:
        found.broken.append(str(error))
        return found
    found.facts["without_forecast"] = {"sites": absent, "why": why}
    _judge(found, _of_the_day(published, live, target_day, cutoff), {site for site, _ in live}, cutoff)
    return found


def check_services(settings: Settings, found: Health) -> None:
    """Add whether MLflow and Airflow answer; one that is not set is not asked."""
    services = {}
    for name, is_set, ask in (("MLflow", settings.tracking_url, _ask_mlflow), ("Airflow", settings.airflow_url, _ask_airflow)):
        problem = ask(settings) if is_set else None
        services[name] = problem or ("answers" if is_set else "not set")
        if problem:
            found.weak.append(problem)
    found.facts["services"] = services


def _of_the_day(published: list[SiteDay], live: list[tuple[str, str]], target_day: date, cutoff: datetime) -> list[SiteDay]:
    """Rows of each site's own target day: a zone away from the schedule's it may bear the date before or after."""
    from pipeline.core.series.clock import target_day_at

    day_in = {zone: target_day_at(cutoff, zone) for zone in {zone for _, zone in live}}
    day_of = {site: day_in[zone] for site, zone in live}
    return [row for row in published if row.target_day == day_of.get(row.site, target_day)]


def _judge(found: Health, rows: list[SiteDay], live: set[str], cutoff: datetime) -> None:
    there = {row.site for row in rows}
    missing = sorted(live - there)
    found.facts |= {"sites": {"live": len(live), "forecast": len(there), "missing": missing}}
    if not rows:
        found.broken.append(f"no forecast of {found.target_day} is published, and {len(live)} sites are live: see forecast_day_ahead")
        return
    versions = Counter(row.model_version for row in rows)
    found.facts |= {
        "rungs": dict(Counter(row.degradation for row in rows)),
        "versions": dict(versions),
        "cutoff": min(row.cutoff for row in rows).isoformat(),
        "published_at": max(row.published_at for row in rows).isoformat(),
    }
    if missing:
        text = f"{len(missing)} of {len(live)} live sites have no forecast: {_some(missing)}"
        (found.broken if len(missing) > MISSING_SHARE * len(live) else found.weak).append(text)
    for what, sites in {
        "do not have every step of the day": [row.site for row in rows if not row.is_whole],
        "have quantiles that are no numbers": [row.site for row in rows if not row.finite],
    }.items():
        if sites:
            found.broken.append(f"{len(sites)} sites {what}: {_some(sites)}")
    lower = [row.site for row in rows if row.degradation != "none"]
    if lower:
        found.weak.append(f"{len(lower)} sites were not forecast by the champion: {_some(lower)}")
    older = [row.site for row in rows if row.cutoff < cutoff]
    if older:
        found.weak.append(f"{len(older)} sites were forecast from readings before {cutoff:%Y-%m-%d %H:%M} UTC: {_some(older)}")


def _ask_mlflow(settings: Settings) -> str | None:
    from pipeline.adapters.mlflow.tracking import check_answers

    try:
        check_answers(settings)
    except DayaheadError as error:
        return str(error)
    return None


def _ask_airflow(settings: Settings) -> str | None:
    import requests

    try:
        answer = requests.get(f"{settings.airflow_url}/api/v2/monitor/health", timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        parts = {name: (part or {}).get("status") for name, part in answer.json().items()}
    except (requests.RequestException, ValueError) as error:
        return f"Airflow at {settings.airflow_url} does not answer ({type(error).__name__}); see its log"
    ill = [name for name, status in parts.items() if status not in ("healthy", None)]
    return f"Airflow at {settings.airflow_url}: {', '.join(ill)} not healthy; see its log" if ill else None


def _show(found: Health) -> None:
    out().print(f"{found.target_day}  [{COLOURS[found.word]}]{found.word}[/]")
    sites = found.facts.get("sites")
    if sites:
        out().print(f"  sites      {sites['forecast']} forecast, {sites['live']} live")
    for key, label in {"rungs": "rung", "versions": "version"}.items():
        if found.facts.get(key):
            out().print(f"  {label:9}  " + ", ".join(f"{name} ({count} sites)" for name, count in found.facts[key].items()), markup=False)
    for key, label in {"cutoff": "cutoff", "published_at": "published"}.items():
        if found.facts.get(key):
            out().print(f"  {label:9}  {datetime.fromisoformat(found.facts[key]).astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    absent = found.facts.get("without_forecast")
    if absent and absent["sites"]:
        out().print(f"  without    {absent['sites']} sites without a forecast")
        for site, why in list(absent["why"].items())[:NAMED]:
            out().print(f"             {site}: {why}", markup=False)
    for name, said in found.facts["services"].items():
        out().print(f"  {name:9}  {'answers' if said == 'answers' else 'not set' if said == 'not set' else 'does not answer'}")
    for problem in found.broken + found.weak:
        aside().print(f"- {problem}", markup=False)


def _some(sites: list[str]) -> str:
    return ", ".join(sites[:NAMED]) + (", …" if len(sites) > NAMED else "")


def _to_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"--day {text!r} is not a date; expected for instance 2026-08-21") from error
