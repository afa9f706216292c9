"""One way to say shapes: tensor letters in double backquotes, in the docstring, wherever a public function takes or gives arrays."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from pipeline import core

FILES = sorted(Path(core.__path__[0]).rglob("*.py"))
ARRAY = re.compile(r"\b(ndarray|Tensor)\b")
SHAPE = re.compile(r"``\([^`]*\)``")


def public_functions(body: list[ast.stmt]) -> list[ast.FunctionDef]:
    """Functions and methods that others call; not those inside a function."""
    found = [node for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return found + [each for node in body if isinstance(node, ast.ClassDef) for each in public_functions(node.body)]


def takes_or_gives_arrays(function: ast.FunctionDef) -> bool:
    annotations = [each.annotation for each in (*function.args.args, *function.args.kwonlyargs)] + [function.returns]
    return any(ARRAY.search(ast.unparse(each)) for each in annotations if each and "Callable" not in ast.unparse(each))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_public_functions_say_the_shapes_of_their_arrays(path: Path):
    functions = [each for each in public_functions(ast.parse(path.read_text()).body) if takes_or_gives_arrays(each)]

    assert [each.name for each in functions if not SHAPE.search(ast.get_docstring(each) or "")] == []
