import doctest
from types import ModuleType

import pytest

from pipeline.core.evaluation import whole_days
from pipeline.core.scenarios import margins, paths, quantities, spread


@pytest.mark.parametrize("module", [margins, paths, quantities, spread, whole_days], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_are_true(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)

    assert tried
    assert not failed
