"""Running text of the documentation."""

import re

import pytest

from tests.docs.pages import PROJECT
from tests.docs.test_commands import PAGES

WIDTH = 140  # as of code
PLAIN = {  # what a reader whose second language is English stumbles over, and the word of the field
    "mend(s|ed)?": "fix",
    "anew": "again",
    "amid": "during",
    "tried again": "retried",
    "in words": "with a message",
    "smuggled": "added",
    r"(is|are|was|were) away": "does not answer",
}
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
MADE = re.compile(r"<!-- tables: made.*?<!-- end of tables -->", re.DOTALL)  # the words of the database's own comments


@pytest.mark.parametrize("page", [*PAGES, "SECURITY.md", "docker/README.md", ".env.example"])
def test_no_line_of_prose_is_wider_than_a_line_of_code(page: str):
    prose = CODE.sub("", (PROJECT / page).read_text())

    assert [line for line in prose.splitlines() if len(line) > WIDTH and not re.match(r"\s*\|", line)] == []


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_line_ends_a_table_else_what_follows_is_shown_as_its_last_row(page: str):
    text = (PROJECT / page).read_text()

    assert re.findall(r"^\|.*\n([^|\n].*)", text, flags=re.MULTILINE) == []


@pytest.mark.parametrize("page", [*sorted({*PAGES} - {"docs/research_log.md"}), "SECURITY.md", "docker/README.md"])
def test_a_page_uses_the_words_of_the_field_before_a_figure_of_speech(page: str):
    prose = MADE.sub("", CODE.sub("", (PROJECT / page).read_text()))

    found = [word for word in PLAIN if re.search(rf"\b{word}\b", prose, re.IGNORECASE)]
    assert {word: PLAIN[word] for word in found} == {}
