"""The steps as commands, on the whole fleet and on its shards, against a real PostgreSQL."""

import pytest
import typer
from typer.testing import CliRunner

from pipeline.commands import steps
from pipeline.errors import ModelError, StoreError
from tests.fixtures.snapshots import LOAD_TWO_WEEKS

app = typer.Typer()
for command in (steps.extract, steps.validate, steps.features, steps.train, steps.fill, steps.publish):
    app.command()(command)
DAY = ["--target-day", "2026-01-15"]


@pytest.fixture
def call(database, run_sql, monkeypatch):
    """Function that runs a step's command on two sites and returns what it said; an error of ours is raised."""
    run_sql(LOAD_TWO_WEEKS, ["a", "b"], ["a", "b"])
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", database.database_url.get_secret_value())
    monkeypatch.setenv("DAYAHEAD_HOME", str(database.home))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return run


def test_a_divided_day_is_walked_shard_by_shard_and_published_whole(call, run_sql):
    for step in ("extract", "validate", "features"):
        said = call(step, *DAY, "--shards", "3")
    assert "is left out" in said, "two sites fill no three shards"
    call("fill", *DAY, "--shards", "3")

    call("publish", *DAY, "--shards", "3")

    assert run_sql("SELECT site, count(*) FROM dayahead.forecasts GROUP BY site ORDER BY site") == [("a", 24), ("b", 24)]


def test_one_shard_runs_alone_and_a_missing_one_is_named_with_its_command(call):
    call("extract", *DAY, "--shards", "2", "--shard", "0")

    call("validate", *DAY, "--shards", "2", "--shard", "0")
    with pytest.raises(StoreError, match=r"run it first: python -m pipeline extract --target-day 2026-01-15 --shards 2 --shard 1"):
        call("validate", *DAY, "--shards", "2", "--shard", "1")

    assert "--shard 2 is none of 2" in " ".join(call("extract", *DAY, "--shards", "2", "--shard", "2").split())


def test_train_takes_settings_and_refuses_what_is_none(call):
    for step in ("extract", "validate", "features"):
        call(step, *DAY, "--purpose", "train")
    short = ["--architecture", "lightgbm", "--settings"]

    said = call("train", *DAY, *short, '{"trees": 2, "context_days": 7}')

    assert '"trees": 2' in said
    with pytest.raises(ModelError, match="trees=0; expected a whole number from 1"):
        call("train", *DAY, *short, '{"trees": 0}')
