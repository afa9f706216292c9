"""The bench of the fault tests, and logins that may do little."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from pipeline.config import Settings
from tests.faults.conftest import bench
from tests.fixtures.database import execute

__all__ = ["bench"]

NUMBERS = itertools.count(1)


@pytest.fixture
def login(database: Settings) -> Iterator[Callable[..., Settings]]:
    """Function that makes a login which may take on the given roles, by SET ROLE only, and returns settings with it."""
    url, made = database.database_url.get_secret_value(), []

    def make(*roles: str) -> Settings:
        name = f"login_{next(NUMBERS)}"
        execute(url, f"CREATE ROLE {name} LOGIN NOINHERIT", *(f"GRANT dayahead_{role} TO {name} WITH INHERIT FALSE" for role in roles))
        made.append(name)
        return database.model_copy(update={"database_url": SecretStr(url.replace("postgres:", f"{name}:"))})

    yield make
    execute(url, *(f"DROP ROLE {name}" for name in made))
