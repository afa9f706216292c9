"""The journey's steps as commands: ``python -m pipeline extract --target-day 2026-08-21`` and so on, in the order of the journey."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pipeline.commands.terminal import tell_result, working
from pipeline.errors import NothingToForecastError, StoreError
from pipeline.steps import run_step

if TYPE_CHECKING:
    from pipeline.adapters.store.snapshots import Run

TargetDay = Annotated[
    str | None,
    typer.Option(help="Day to forecast, for instance 2026-08-21; its start is the cutoff. Default: the latest whose cutoff has passed."),
]
Purpose = Annotated[Literal["train", "forecast"], typer.Option(help="Chain that the step belongs to: train or forecast.")]
Group = Annotated[
    str,
    typer.Option(
        help="Of a training: the group of sites that the model is for, such as region=west (DAYAHEAD_GROUPS). Default: the fleet."
    ),
]
Shards = Annotated[int, typer.Option(min=1, help="Into how many parts the sites are divided.")]
Shard = Annotated[int | None, typer.Option(min=0, help="Only this part, counted from 0 as Airflow does. Default: one after the other.")]


def extract(
    target_day: TargetDay = None,
    purpose: Purpose = "forecast",
    group: Group = "",
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be given more than once.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days of history to read.")] = None,
    shards: Shards = 1,
    shard: Shard = None,
) -> None:
    """Read the readings known at the cutoff into an immutable snapshot.

    Examples:
        python -m pipeline extract --target-day 2026-08-21
        python -m pipeline extract --purpose train --days 90 --site fra-01
        python -m pipeline extract --target-day 2026-08-21 --shards 8 --shard 3
    """
    _run_parts("extract", purpose, target_day, shards, shard, group, sites=site, days=days)


def validate(
    target_day: TargetDay = None, purpose: Purpose = "forecast", group: Group = "", shards: Shards = 1, shard: Shard = None
) -> None:
    """Check the snapshot: faulty rows to quarantine, broken sites to the ladder, a broken batch refused.

    Examples:
        python -m pipeline validate --target-day 2026-08-21
    """
    _run_parts("validate", purpose, target_day, shards, shard, group)


def features(
    target_day: TargetDay = None, purpose: Purpose = "forecast", group: Group = "", shards: Shards = 1, shard: Shard = None
) -> None:
    """Lay the clean readings on each site's wall-clock grid.

    Examples:
        python -m pipeline features --target-day 2026-08-21
    """
    _run_parts("features", purpose, target_day, shards, shard, group)


def gather(target_day: TargetDay = None, group: Group = "", shards: Shards = 1) -> None:
    """Put the shards of a training together; an undivided one is whole already.

    Examples:
        python -m pipeline gather --target-day 2026-08-21
    """
    _run("gather", "train", target_day, shards, group)


def train(
    target_day: TargetDay = None,
    architecture: Annotated[str | None, typer.Option(help="Model to train, for instance gru_attention or lightgbm.")] = None,
    settings: Annotated[
        str | None, typer.Option(help="Its settings: JSON, or the name of a preset. Default: DAYAHEAD_MODEL_SETTINGS.", metavar="JSON")
    ] = None,
    group: Group = "",
) -> None:
    """Fit a challenger; a killed attempt resumes from its checkpoint.

    Examples:
        python -m pipeline train --target-day 2026-08-21
        python -m pipeline train --target-day 2026-08-21 --architecture lightgbm
        python -m pipeline train --settings '{"hidden": 128}'
        python -m pipeline train --architecture daily_gru_dot --settings original
        python -m pipeline train --group region=west
    """
    _run("train", "train", target_day, group=group, architecture=architecture, model_settings=settings)


def evaluate(target_day: TargetDay = None, group: Group = "") -> None:
    """Backtest challenger, champion and baselines on the same days.

    Examples:
        python -m pipeline evaluate --target-day 2026-08-21
    """
    _run("evaluate", "train", target_day, group=group)


def register(target_day: TargetDay = None, group: Group = "") -> None:
    """Log the training to MLflow and register the challenger as a version.

    Examples:
        python -m pipeline register --target-day 2026-08-21
    """
    _run("register", "train", target_day, group=group)


Reason = Annotated[str, typer.Option(help="Why; kept in the table promotions.")]
DecidedBy = Annotated[str, typer.Option(envvar="USER", help="Who decides; kept with the reason.")]


def promote(
    target_day: TargetDay = None,
    to: Annotated[str | None, typer.Option(help="Make this version champion, past the gate.")] = None,
    reason: Reason = "",
    by: DecidedBy = "unknown",
    group: Group = "",
) -> None:
    """Make the challenger champion if the gate says so; or, by a person's word, any version.

    Examples:
        python -m pipeline promote --target-day 2026-08-21
        python -m pipeline promote --to 7 --reason "judged by hand"
        python -m pipeline promote --to region=west:3 --reason "judged by hand"
    """
    if to:
        _decide(to, reason, by)
    else:
        _run("promote", "train", target_day, group=group)


def rollback(reason: Reason = "", by: DecidedBy = "unknown", group: Group = "") -> None:
    """Make the previous champion champion again.

    Examples:
        python -m pipeline rollback --reason "alarms since the change"
        python -m pipeline rollback --group region=west --reason "alarms"
    """
    _decide(None, reason, by, group)


def forecast(target_day: TargetDay = None, shards: Shards = 1, shard: Shard = None) -> None:
    """Forecast the target day of every live site.

    Examples:
        python -m pipeline forecast --target-day 2026-08-21
    """
    _run_parts("forecast", "forecast", target_day, shards, shard)


def fill(target_day: TargetDay = None, shards: Shards = 1, shard: Shard = None) -> None:
    """Forecast every site by seasonal naive, as a DAG does for a shard whose forecast failed.

    Examples:
        python -m pipeline fill --target-day 2026-08-21
    """
    _run_parts("fill", "forecast", target_day, shards, shard)


def publish(target_day: TargetDay = None, shards: Shards = 1) -> None:
    """Write the forecast to the database: all of it or nothing.

    Examples:
        python -m pipeline publish --target-day 2026-08-21
        python -m pipeline publish --target-day 2026-08-21 --shards 8
    """
    _run("publish", "forecast", target_day, shards)


def shadow(target_day: TargetDay = None) -> None:
    """Forecast with the challenger beside the champion, under a role of its own.

    Examples:
        python -m pipeline shadow --target-day 2026-08-21
    """
    _run("shadow", "forecast", target_day)


def compare(target_day: TargetDay = None) -> None:
    """Compare challenger and champion on the days that both forecast.

    Examples:
        python -m pipeline compare
    """
    _run("compare", "monitor", target_day)


def retain(
    target_day: TargetDay = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Drop what DAYAHEAD_KEEP_…_DAYS no longer keep: old snapshots, Data Docs, copies of models, tables of days.

    Examples:
        python -m pipeline retain --dry-run
    """
    _run("retain", "retain", target_day, dry_run=dry_run)


def monitor(target_day: TargetDay = None) -> None:
    """Score every published day whose actuals are in.

    Examples:
        python -m pipeline monitor
    """
    _run("monitor", "forecast", target_day)


def _decide(version: str | None, reason: str, by: str, group: str = "") -> None:
    if not reason:
        raise typer.BadParameter('a person\'s decision needs a reason: --reason "alarms since the change"')
    from pipeline.config import read_settings
    from pipeline.steps.promote import decide_by_word

    typer.echo(f"champion is now version {decide_by_word(read_settings(), version, by, reason, group=group)['version']}")


def _run_parts(step: str, purpose: str, target_day: str | None, shards: int, shard: int | None, group: str = "", **options: Any) -> None:
    """Run a step of one shard, or of all of them one after the other."""
    from pipeline.adapters.store.snapshots import Store
    from pipeline.config import read_settings

    if shard is not None and shard >= shards:
        raise typer.BadParameter(f"--shard {shard} is none of {shards}; expected 0 to {shards - 1}, or more --shards")
    run = _planned(purpose, target_day, shards, group)
    if shard is not None or shards == 1:
        _walk(step, run.parts()[shard or 0], **options)
        return
    for part in run.parts():
        try:
            _walk(step, part, **options)
        except (NothingToForecastError, StoreError):
            reason = Store(read_settings().store_url).left_out(part)
            if reason is None:
                raise
            typer.echo(f"shard {part.shard} of {shards} is left out: {reason}", err=True)


def _run(step: str, purpose: str, target_day: str | None, shards: int = 1, group: str = "", **options: Any) -> None:
    _walk(step, _planned(purpose, target_day, shards, group), **options)


def _walk(step: str, run: Run, **options: Any) -> None:
    with working(f"{step} {run.target_day}" + (f" shard {run.shard} of {run.shards}" if run.shard is not None else "")) as show:
        result = run_step(step, run.to_json(), **options, **({"show": show} if step == "train" and show else {}))
    tell_result(result)


def _planned(purpose: str, target_day: str | None, shards: int, group: str) -> Run:
    from pipeline.config import read_settings
    from pipeline.steps.plan import plan

    return plan(purpose, read_settings(), asked=target_day, partition_key=None, at=datetime.now(UTC), shards=shards, group=group)
