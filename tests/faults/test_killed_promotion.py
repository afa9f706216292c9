"""kill -9 of a decision around the moment at which the alias moves, and the same command again: what was decided is written down, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pipeline.adapters.mlflow import registry
from pipeline.config import Settings
from pipeline.local.home import PROJECT
from pipeline.steps.promote import promote_version, rollback
from tests.fixtures.versions import LATER

DIE = """
import os, signal, sys
from pipeline.__main__ import app
from pipeline.adapters.mlflow import registry
from pipeline.steps import champion
if sys.argv[1]:
    owner = {"registry": registry, "champion": champion}[sys.argv[1].split(".")[0]]
    setattr(owner, sys.argv[1].split(".")[1], lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
app(sys.argv[2:])
"""
ON_ITS_WAY = "SELECT version FROM dayahead.promotions WHERE settled_at IS NULL"


def type_in(settings: Settings, die_at: str, *words: str) -> int:
    """Run a command in a process of its own and return how it ended; ``die_at`` names the call in whose place it is killed."""
    own = {f"DAYAHEAD_{name.upper()}": str(getattr(settings, name)) for name in ("home", "tracking_url", "registered_model")}
    own["DAYAHEAD_DATABASE_URL"] = settings.database_url.get_secret_value()
    command = [sys.executable, "-c", DIE, die_at, *words, "--by", "anna", "--reason", "a new region"]
    return subprocess.run(command, cwd=PROJECT, env=os.environ | own, capture_output=True, text=True, timeout=300, check=False).returncode


@pytest.mark.parametrize("die_at", ["registry.set_champion", "champion._settle"])
def test_a_promotion_killed_before_or_after_the_alias_moved_ends_with_the_same_command_again(governed, train, decisions, run_sql, die_at):
    first, second = train(), train(LATER)
    promote_version(governed, first, "anna", "the first one")

    assert type_in(governed, die_at, "promote", "--to", second) == -signal.SIGKILL
    assert registry.champion_version(governed) == (second if die_at == "champion._settle" else first)
    assert run_sql(ON_ITS_WAY) == [(second,)]
    assert type_in(governed, "", "promote", "--to", second) == 0

    assert registry.champion_version(governed) == second
    assert decisions() == [(first, None, "promoted", "anna"), (second, first, "promoted", "anna")]
    assert run_sql(ON_ITS_WAY) == []


def test_a_rollback_killed_and_tried_again_and_again_goes_back_one_version(governed, train, decisions):
    versions = [train(), train(LATER), train(LATER)]
    for version in versions:
        promote_version(governed, version, "anna", "trial")

    assert type_in(governed, "champion._settle", "rollback") == -signal.SIGKILL
    assert [rollback(governed, "anna", "a new region") for _ in range(2)] == [versions[1]] * 2

    assert registry.champion_version(governed) == versions[1]
    assert decisions()[3:] == [(versions[1], versions[2], "rolled_back", "anna")]
    assert rollback(governed, "anna", "another reason") == versions[0]
