"""The ways that ``benchmarks.data`` compares with: what one writes first with pandas, SQLAlchemy and psycopg2."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import psycopg2
from psycopg2.extras import execute_values

from benchmarks.data_paths import CHANGED, COVARIATES, GRID_DAYS, RUN, STEPS, Bench, Timed, readings_of
from pipeline.adapters.postgres.forecasts import FORECASTS
from pipeline.adapters.store.snapshots import Run, Store

KEY = ("target_day", "role", "site", "ts")
ROWS_PER_STATEMENT = 1_000


def to_sql(bench: Bench) -> Timed:
    """``DataFrame.to_sql(method="multi")`` of the file, into a table that has the primary key of ours."""
    from sqlalchemy import create_engine, text

    engine = create_engine(bench.url.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.begin() as connection:
        columns = ", ".join(f"{name} double precision" for name in ("throughput", *COVARIATES))
        connection.execute(text("DROP TABLE IF EXISTS peer_traffic"))
        connection.execute(text(f"CREATE TABLE peer_traffic (site text, ts timestamptz, {columns}, PRIMARY KEY (site, ts))"))

    def work() -> None:
        rows = pd.read_csv(bench.csv, parse_dates=["ts"])
        rows.to_sql("peer_traffic", engine, if_exists="append", index=False, method="multi", chunksize=ROWS_PER_STATEMENT)

    return work


def read_sql(bench: Bench) -> Timed:
    """``pandas.read_sql`` of the table ``traffic``."""
    from sqlalchemy import create_engine

    engine = create_engine(bench.url.replace("postgresql://", "postgresql+psycopg2://", 1))
    query = f"SELECT site, ts, throughput, {', '.join(COVARIATES)} FROM dayahead.traffic"
    return lambda: pd.read_sql(query, engine)


def upsert(bench: Bench, run: Run) -> Timed:
    """``execute_values`` with ON CONFLICT DO UPDATE, of the same stored forecast into a table with the same key."""
    columns = list(FORECASTS)
    assignments = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in KEY)
    statement = f"INSERT INTO peer_forecasts ({', '.join(columns)}) VALUES %s ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {assignments}"
    connection = psycopg2.connect(bench.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS peer_forecasts (LIKE dayahead.forecasts INCLUDING ALL)")

    def work() -> None:
        store = Store(bench.settings.store_url)
        rows = store.get_frame(store.read_result(run, "forecast")["forecasts"])[columns]
        with connection, connection.cursor() as cursor:
            execute_values(cursor, statement, rows.astype(object).itertuples(index=False), page_size=ROWS_PER_STATEMENT)

    return work


def loop_over_rows(bench: Bench) -> Timed:
    """Features row by row, as the systems did that this project grew from: a dictionary of days, filled in a loop."""
    sites = max(2, round(1000 * bench.scale))
    readings = readings_of(sites, GRID_DAYS)

    def work() -> None:
        days: dict[tuple[str, object], list[list[float]]] = {}
        for _, row in readings.iterrows():
            ts = row["ts"]
            day = days.setdefault((row["site"], ts.date()), [[0.0] * (1 + len(COVARIATES)) for _ in range(STEPS)])
            day[(ts.hour * 60 + ts.minute) // 10] = [row["throughput"], *(row[name] for name in COVARIATES)]

    return work


PEERS: dict[str, Callable[[Bench], Timed]] = {
    "load_new": to_sql,
    "extract": read_sql,
    "publish_first": partial(upsert, run=RUN),
    "publish_again": partial(upsert, run=CHANGED),
    "features": loop_over_rows,
}
