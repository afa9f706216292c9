"""The examples that docstrings of core show say what the code does."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

from pipeline import core

MODULES = [module.name for module in walk_packages(core.__path__, "pipeline.core.") if not module.ispkg]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_hold(name: str):
    assert doctest.testmod(import_module(name)).failed == 0
