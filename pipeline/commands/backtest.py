"""``python -m pipeline backtest FILE``: how well each model would have forecast the last days of a file, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.terminal import column_names
from pipeline.errors import ConfigurationError

STANDARD = "gru_attention,lightgbm_bag,lightgbm,seasonal_naive_mean"


def backtest(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz) or Parquet with site, ts, throughput.")],
    models: Annotated[str, typer.Option(help="Names, separated by commas, or all. Two seasonal naives always join.")] = STANDARD,
    test_days: Annotated[int, typer.Option(min=1, help="Last days, one forecast each.")] = 28,
    validation_days: Annotated[int, typer.Option(min=1, help="Days before the test on which training stops.")] = 14,
    context_days: Annotated[int | None, typer.Option(min=1, help="Past days a forecast looks at. Default: each model's own.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA zone of the sites, and of ts where it names none.")] = "UTC",
    country: Annotated[str | None, typer.Option(help="ISO 3166 code that decides the public holidays, for instance DE or DE-NW.")] = None,
    calendar: Annotated[
        Path | None, typer.Option(help="File of kinds of day, as for the command calendars load; those of none are of the file's name.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each model; figures are means over them.")] = 1,
    cutoff_lead_hours: Annotated[float, typer.Option(min=0, max=24, help="Hours before the target day that are not known yet.")] = 0.0,
    frozen: Annotated[bool, typer.Option("--frozen", help="Learn nothing from a test day when it is over.")] = False,
    refit_every: Annotated[int, typer.Option(min=0, help="Test days after which each model is fitted again; 0 for one fit.")] = 0,
    replayed: Annotated[bool, typer.Option("--replay", help="Also compute what production would have done, trainings and all.")] = False,
    exclude_sites: Annotated[str, typer.Option(help="Sites to leave out, separated by commas; a * stands for any text.")] = "",
    events: Annotated[Path | None, typer.Option(help="File of events, as for the command events load.")] = None,
    planned: Annotated[Path | None, typer.Option(help="File of covariates of the future, as for the command planned load.")] = None,
    features: Annotated[str, typer.Option(help="Features to offer to the models: columns of the file, or names such as mean_week.")] = "",
    columns: Annotated[str, typer.Option(help="The file's own names, for instance ts=created_at,throughput=thp.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    json_file: Annotated[Path | None, typer.Option("--json", help="File to write every figure to.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder to write plots to.")] = None,
) -> None:
    """Compare models on the last days of a file: one fit, one forecast a day, learning from each day once it is over.

    Examples:
        python -m pipeline backtest traffic.csv.gz
        python -m pipeline backtest cdn.parquet --timezone Asia/Shanghai --country CN
        python -m pipeline backtest traffic.csv.gz --models all --json all.json
        python -m pipeline backtest traffic.csv.gz --replay --json found.json
    """
    from pipeline.commands.backtest_report import print_report, write_plots
    from pipeline.commands.backtest_run import BacktestRequest, run_backtest

    request = BacktestRequest(
        file=file,
        models=_names(models),
        test_days=test_days,
        validation_days=validation_days,
        context_days=context_days,
        timezone=timezone,
        country=country,
        calendar=calendar,
        seeds=seeds,
        cutoff_lead_hours=cutoff_lead_hours,
        frozen=frozen,
        refit_every=refit_every,
        replayed=replayed,
        exclude_sites=_split(exclude_sites),
        planned=planned,
        features=_split(features),
        events=events,
        columns=_columns(columns),
        device=device,
    )
    grid, result, about = run_backtest(request)
    found = result.to_json(about)
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(found, indent=1, ensure_ascii=False))
    print_report(found)
    for path in write_plots(plots, grid, result, found) if plots else ():
        typer.echo(f"wrote {path}")


def _names(models: str) -> tuple[str, ...]:
    from pipeline.core.evaluation.scoring import TWO_NAIVES
    from pipeline.core.models import FORECASTERS

    wanted = list(FORECASTERS) if models == "all" else _split(models)
    return tuple(dict.fromkeys([*wanted, *TWO_NAIVES]))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _columns(text: str) -> dict[str, str]:
    from pipeline.core.series.frames import READING_COLUMNS

    pairs = column_names(text)
    if unknown := set(pairs) - set(READING_COLUMNS):
        raise ConfigurationError(f"--columns {text!r}: it reads {', '.join(READING_COLUMNS)} alone, not {', '.join(sorted(unknown))}")
    return pairs
