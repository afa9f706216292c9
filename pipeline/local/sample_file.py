"""The made-up fleet as files, with the faults that real files have on request."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

POISON = (
    ("throughput", "n/c"), ("throughput", "-1"), ("throughput", "inf"), ("throughput", "12,5"), ("device_num", "many"),
    ("ts", "yesterday"), ("ts", "2026-13-40 00:00"), ("ts", "0001-01-01 00:00:00+00:00"), ("site", ""), ("site", "  "),
)  # fmt: skip
LATE_SHARE, REPEATED_SHARE = 0.005, 0.002


def sites_file(out: Path) -> Path:
    """Return where the sites of a sample lie: beside it, ``<name>.sites.csv``."""
    return out.with_name(out.name.split(".")[0] + ".sites.csv")


def write_sample(
    out: Path,
    readings: pd.DataFrame,
    sites: pd.DataFrame,
    seed: int = 0,
    *,
    late: bool = False,
    duplicates: bool = False,
    poison: bool = False,
) -> None:
    """Write the readings to ``out`` (``.csv``, ``.csv.gz`` or ``.parquet``) and the sites beside it.

    Args:
        out: File to write.
        readings: What ``sample_fleet`` returned.
        sites: The other thing it returned.
        seed: Decides which rows get a fault.
        late: Move some rows to the end of the file.
        duplicates: Repeat some rows, half of them with another value.
        poison: Add rows that are no readings; a Parquet file then holds text.
    """
    random = np.random.default_rng(seed)
    rows = readings
    if late:
        is_late = random.random(len(rows)) < LATE_SHARE
        rows = pd.concat([rows[~is_late], rows[is_late]], ignore_index=True)
    if duplicates:
        repeated = rows[random.random(len(rows)) < REPEATED_SHARE].copy()
        repeated["throughput"] += np.arange(len(repeated)) % 2
        rows = pd.concat([rows, repeated], ignore_index=True)
    ts = rows["ts"].dt.tz_convert(None)  # Arrow's own way from instants warns in pandas 3.1
    table = pa.Table.from_pandas(rows.assign(ts=ts), preserve_index=False)
    table = table.set_column(1, "ts", table["ts"].cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")))
    if poison:
        text = pa.schema([(name, pa.string()) for name in table.column_names])
        table = pa.concat_tables([table.cast(text), pa.Table.from_pandas(_poisoned(random, rows), schema=text, preserve_index=False)])
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, table)
    sites.to_csv(sites_file(out), index=False)


def _poisoned(random: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    bad = rows.iloc[random.choice(len(rows), len(POISON) + 1, replace=False)].astype("str").reset_index(drop=True)
    for i, (column, value) in enumerate(POISON):
        bad.loc[i, column] = value
    off_grid = pd.Timestamp(str(bad.loc[len(POISON), "ts"])) + pd.Timedelta(seconds=97)
    bad.loc[len(POISON), "ts"] = str(off_grid)
    return bad


def _write(out: Path, table: pa.Table) -> None:
    if out.suffix == ".parquet":
        pa.parquet.write_table(table, out, compression="zstd")
        return
    options = pa.csv.WriteOptions(quoting_style="needed")
    with pa.OSFile(str(out), "wb") as raw:
        if out.suffix != ".gz":
            pa.csv.write_csv(table, raw, options)
            return
        with pa.CompressedOutputStream(raw, "gzip") as packed:
            pa.csv.write_csv(table, packed, options)
