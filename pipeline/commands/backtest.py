"""``python -m pipeline backtest FILE``: how well each model would have forecast the last days of a file, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.backtest_report import print_report, write_plots
from pipeline.errors import ConfigurationError

STANDARD = "gru_attention,lightgbm,seasonal_naive_mean"


def backtest(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz) or Parquet with site, ts, throughput.")],
    models: Annotated[str, typer.Option(help="Names, separated by commas, or all. Two seasonal naives always join.")] = STANDARD,
    test_days: Annotated[int, typer.Option(min=1, help="Last days, one forecast each.")] = 28,
    validation_days: Annotated[int, typer.Option(min=1, help="Days before the test on which training stops.")] = 14,
    context_days: Annotated[int | None, typer.Option(min=1, help="Past days a forecast looks at. Default: each model's own.")] = None,
    timezone: Annotated[str, typer.Option(help="IANA zone of the sites, and of ts where it names none.")] = "UTC",
    country: Annotated[str | None, typer.Option(help="ISO 3166 code that decides the public holidays, for instance DE.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each model; figures are means over them.")] = 1,
    cutoff_lead_hours: Annotated[float, typer.Option(min=0, max=24, help="Hours before the target day that are not known yet.")] = 0.0,
    exclude_sites: Annotated[str, typer.Option(help="Sites to leave out, separated by commas; a * stands for any text.")] = "",
    columns: Annotated[str, typer.Option(help="The file's own names, for instance ts=created_at,throughput=thp.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    json_file: Annotated[Path | None, typer.Option("--json", help="File to write every figure to.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder to write plots to.")] = None,
) -> None:
    """Compare models on the last days of a file: one forecast a day, no refit, nothing seen before its time."""
    from pipeline.commands.backtest_run import BacktestRequest, run_backtest

    request = BacktestRequest(
        file=file,
        models=_names(models),
        test_days=test_days,
        validation_days=validation_days,
        context_days=context_days,
        timezone=timezone,
        country=country,
        seeds=seeds,
        cutoff_lead_hours=cutoff_lead_hours,
        exclude_sites=tuple(part.strip() for part in exclude_sites.split(",") if part.strip()),
        columns=_mapping(columns),
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

    wanted = list(FORECASTERS) if models == "all" else [name.strip() for name in models.split(",") if name.strip()]
    return tuple(dict.fromkeys([*wanted, *TWO_NAIVES]))


def _mapping(columns: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in columns.split(",") if part.strip()]
    known = {"site", "ts", "throughput"}
    for pair in pairs:
        if len(pair) != 2 or pair[0].strip() not in known:
            raise ConfigurationError(
                f"--columns {columns!r}: {'='.join(pair)!r} is not NAME=COLUMN with NAME one of {', '.join(sorted(known))}"
            )
    return {ours.strip(): theirs.strip() for ours, theirs in pairs}
