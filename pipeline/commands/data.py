"""Data in and out: load a file, make a sample, migrate the schema, ask in SQL."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.commands.terminal import column_names, progress
from pipeline.errors import ConfigurationError


def load(
    file: Annotated[Path, typer.Argument(help="CSV (plain or gzip) or Parquet, one row per site and instant.", show_default=False)],
    columns: Annotated[
        str | None,
        typer.Option(help="Your names of our columns: site=perf_name,ts=created_at,throughput=thp. A further one becomes a covariate."),
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of instants without offset and of new sites. Default: DAYAHEAD_TIMEZONE.")
    ] = None,
    sites: Annotated[Path | None, typer.Option(help="CSV of site, timezone, capacity, country; further columns become labels.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Counts as one JSON object.")] = False,
) -> None:
    """Load readings into the table traffic; a second time changes nothing.

    Examples:
        python -m pipeline load traffic.csv.gz --timezone Europe/Berlin
        python -m pipeline load traffic.parquet --sites sites.csv
        python -m pipeline load cdn.csv --columns site=perf_name,throughput=thp
    """
    from pipeline.adapters.files.sites_file import read_sites_file
    from pipeline.adapters.postgres.loading import load_readings
    from pipeline.config import read_settings

    settings = read_settings()
    known = read_sites_file(sites, timezone or settings.timezone) if sites else None
    with progress() as bars:
        bar = bars.add_task(f"reading {file.name}", total=1.0)

        def show(share: float, rows: int) -> None:
            text = f"{rows:,} rows of {file.name}" if share < 1 else f"{rows:,} rows, writing"
            bars.update(bar, completed=share, description=text)

        report = load_readings(settings, file, column_names(columns), timezone, show, known)
    typer.echo(json.dumps(vars(report), indent=1, default=str) if as_json else describe_report(report, 0 if known is None else len(known)))


def describe_report(report: Any, named_sites: int) -> str:
    """Return a ``LoadReport`` in lines for a person."""
    lines = [f"{report.rows:>12,} rows read"]
    meanings = {
        "loaded": "new",
        "updated": "replaced another value",
        "unchanged": "there already",
        "repeated": "stood in the file before",
        "missing": "without a throughput: left out, a gap is a gap",
    }
    counts = {name: getattr(report, name) for name in meanings}
    lines += [f"{count:>12,} {name}: {meanings[name]}" for name, count in counts.items() if count or name == "loaded"]
    lines += [f"{count:>12,} quarantined: {reason}" for reason, count in report.quarantined.most_common()]
    step = f", one every {report.step_minutes} min" if report.step_minutes else ""
    if report.first:
        lines.append(
            f"{report.sites} sites ({report.new_sites} new), {report.first:%Y-%m-%d %H:%M} to {report.last:%Y-%m-%d %H:%M} UTC{step}"
        )
    if report.loose:
        lines.append(
            f"{report.loose} of them at no fixed time within {report.step_minutes} min: kept as they came, each reading is forecast with "
            "the step that it lies in"
        )
    if named_sites:
        lines.append(f"{named_sites} sites described")
    if report.quarantined:
        lines.append('see: python -m pipeline sql "select reason, payload from dayahead.quarantine order by id desc limit 20"')
    return "\n".join(lines)


def sample(
    out: Annotated[Path, typer.Option(help="File to write: .csv, .csv.gz or .parquet. The sites lie beside it.")] = Path("sample.csv.gz"),
    sites: Annotated[int, typer.Option(min=1, help="Sites.")] = 20,
    days: Annotated[int, typer.Option(min=1, help="Days of readings.")] = 120,
    step_minutes: Annotated[int, typer.Option(min=1, max=60, help="Reading interval.")] = 10,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of readings. Default: a fixed one.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same fleet.")] = 0,
    outages: Annotated[bool, typer.Option("--outages", help="Lose readings, from single ones to days.")] = False,
    late: Annotated[bool, typer.Option("--late", help="Move some rows to the end of the file.")] = False,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="Repeat some rows, some with another value.")] = False,
    poison: Annotated[bool, typer.Option("--poison", help="Add rows that are no readings.")] = False,
) -> None:
    """Write a made-up CDN fleet to a file, to try everything on.

    Examples:
        python -m pipeline sample --out traffic.csv.gz
        python -m pipeline sample --sites 1000 --step-minutes 5 --out fleet.parquet
        python -m pipeline sample --out broken.csv.gz --poison --duplicates
    """
    from pipeline.local.sample import END, sample_fleet
    from pipeline.local.sample_file import sites_file, write_sample

    readings, fleet = sample_fleet(sites, days, step_minutes, end.date() if end else END, seed, outages=outages)
    write_sample(out, readings, fleet, seed, late=late, duplicates=duplicates, poison=poison)
    typer.echo(
        f"{out}: {len(readings):,} readings of {sites} sites, one every {step_minutes} min\n{sites_file(out)}: zone, capacity, country"
    )
    typer.echo(f"load it: python -m pipeline load {out} --sites {sites_file(out)}")


def sql(
    query: Annotated[str, typer.Argument(help='For instance "select * from dayahead.next_day limit 10".', show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array of rows.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
) -> None:
    """Run a statement on the traffic database and print what it returns.

    Examples:
        python -m pipeline sql "select site, ts, q50 from dayahead.next_day"
        python -m pipeline sql "table dayahead.scores" --csv > scores.csv
        python -m pipeline sql "table dayahead.promotions" --json | jq .[0]
    """
    from pipeline.adapters.postgres.database import run_query
    from pipeline.commands.rows import print_rows, write_csv
    from pipeline.config import read_settings

    if as_json and as_csv:
        raise ConfigurationError("--json and --csv exclude each other; give one of them")
    names, rows, status = run_query(read_settings(), query)
    if names is None:
        typer.echo(status)
    elif as_json:
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str, ensure_ascii=False, indent=1))
    elif as_csv:
        write_csv(names, rows)
    else:
        print_rows(names, rows)


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print what would be run, for an administrator, and run nothing.")] = False,
    to: Annotated[str | None, typer.Option(help="Go back to an earlier revision, such as 014.", metavar="REVISION")] = None,
) -> None:
    """Bring the traffic database to the schema of this version.

    What is as it should be is not touched. It works in one transaction: all of it is done, or nothing.

    Examples:
        python -m pipeline migrate
        python -m pipeline migrate --sql > migrate.sql
        python -m pipeline migrate --to 014
    """
    from pipeline.adapters.postgres import migrations
    from pipeline.adapters.postgres.engines import describe
    from pipeline.config import read_settings

    settings = read_settings()
    if sql:
        typer.echo(migrations.migration_script(settings) or f"-- {describe(settings)}: up to date")
    elif to:
        migrations.go_back(settings, to)
        typer.echo(f"{describe(settings)}: back at {to}; the version of dayahead that belongs to it finishes with its own migrate")
    else:
        applied = migrations.migrate(settings)
        typer.echo(f"{describe(settings)}: " + (f"applied {', '.join(applied)}" if applied else "up to date"))
