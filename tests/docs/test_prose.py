"""Running text of the documentation."""

import re

import pytest

from tests.docs.pages import PROJECT
from tests.docs.test_commands import PAGES

WIDTH = 140  # as of code
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [*PAGES, "SECURITY.md", "docker/README.md"])
def test_no_line_of_prose_is_wider_than_a_line_of_code(page: str):
    prose = CODE.sub("", (PROJECT / page).read_text())

    assert [line for line in prose.splitlines() if len(line) > WIDTH and not re.match(r"\s*\|", line)] == []


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_line_ends_a_table_else_what_follows_is_shown_as_its_last_row(page: str):
    text = (PROJECT / page).read_text()

    assert re.findall(r"^\|.*\n([^|\n].*)", text, flags=re.MULTILINE) == []
