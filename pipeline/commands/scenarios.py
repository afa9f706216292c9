"""Paths of whole days as a file, for questions that no table answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.steps import Shards, TargetDay

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.adapters.store.snapshots import Run
    from pipeline.config import Settings

ROWS_AT_ONCE = 1 << 20  # of a row group
MOST_PATHS = 1_000


def scenarios(
    out: Annotated[Path, typer.Option(help="Parquet file to write: site, ts, path, throughput.", show_default=False)],
    target_day: TargetDay = None,
    paths: Annotated[
        int, typer.Option(min=2, max=MOST_PATHS, help="How many; 100 are those that peaks and totals are computed from.")
    ] = 100,
    shards: Shards = 1,
) -> None:
    """Write equally likely paths of the forecast day: what one path says of any sites and instants belongs together.

    Examples:
        python -m pipeline scenarios --target-day 2026-08-21 --out day.parquet
        python -m pipeline scenarios --paths 200 --out tomorrow.parquet
    """
    from pipeline.config import read_settings
    from pipeline.steps.plan import plan

    settings = read_settings()
    run = plan("forecast", settings, asked=target_day, partition_key=None, at=datetime.now(UTC), shards=shards)
    rows = write_scenarios(run, settings, out, paths)
    typer.echo(f"{rows:,} rows of {paths} paths of {run.target_day} in {out}")


def write_scenarios(run: Run, settings: Settings, out: Path, paths: int) -> int:
    """Write the paths of a day that ``forecast`` has forecast and return how many rows they are; a file there is replaced at the end.

    Raises:
        StoreError: ``forecast`` has not run for every shard.
    """
    import pyarrow.parquet as pq

    aside = out.with_name(f"{out.name}.part")
    written = 0
    try:
        with pq.ParquetWriter(aside, _columns(), compression="zstd") as file:
            for table in _tables(run, settings, paths):
                file.write_table(table)
                written += len(table)
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
    return written


def _tables(run: Run, settings: Settings, paths: int) -> Iterator[pa.Table]:
    """Yield the rows of some paths at a time: memory grows neither with the fleet nor with their number."""
    import numpy as np
    import pyarrow as pa

    from pipeline.adapters.store.snapshots import Store
    from pipeline.core.models.contract import Origins
    from pipeline.core.models.rows import from_rows
    from pipeline.core.scenarios.day_ahead import drawn
    from pipeline.core.series.grid import Grid

    store = Store(settings.store_url)
    for part in run.parts():
        made = store.read_result(part, "forecast")
        if not made.get("forecasts"):
            continue  # a shard without a live site
        rows = store.get_frame(made["forecasts"], ["site"])
        grid: Grid = store.get(store.read_result(part, "features")["grid"], Grid.load)
        names = np.array([site.name for site in grid.sites], object)
        answered = np.flatnonzero(np.isin(names, list(rows["site"].unique())))
        origins = Origins(np.arange(len(names)), *grid.targets_at(run.cutoff)).subset(answered)
        for some in drawn(grid, from_rows(grid, origins, rows), paths):
            sites, instants = names[origins.site[some.members]], some.instants.to_numpy("datetime64[us]")
            at_once = max(1, ROWS_AT_ONCE // some.paths[0].size)
            for first in range(0, paths, at_once):
                values = some.paths[first : first + at_once]
                count, n, t = values.shape
                columns = {
                    "site": np.tile(np.repeat(sites, t), count),
                    "ts": np.tile(instants, count * n),
                    "path": np.repeat(np.arange(first, first + count, dtype=np.int16), n * t),
                    "throughput": values.ravel(),
                }
                yield pa.table(columns, schema=_columns())


def _columns() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("site", pa.string()), ("ts", pa.timestamp("us", "UTC")), ("path", pa.int16()), ("throughput", pa.float32())])
