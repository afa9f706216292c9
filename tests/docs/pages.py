"""The commands that a page tells people to type."""

import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:python -m pipeline|make) [^`]+)`")


@dataclass(frozen=True)
class Section:
    """What stands under a heading.

    Args:
        page: Path of the page in the project.
        title: The heading.
        text: All below it, down to the next one.
    """

    page: str
    title: str
    text: str

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """Fenced blocks of shell and SQL: language and text, without comments."""
        found = [(language, re.sub(r"( +#| +--) .*$", "", text, flags=re.MULTILINE)) for language, text in FENCED.findall(self.text)]
        return [(language, text.strip()) for language, text in found if language in ("bash", "sql")]

    @property
    def lines(self) -> list[str]:
        """Lines of its shell blocks."""
        return [line for language, text in self.blocks for line in text.splitlines() if language == "bash" and line]


def sections(page: str) -> list[Section]:
    """Return the sections of a page, in order."""
    text = (PROJECT / page).read_text()
    code = [range(*found.span()) for found in FENCED.finditer(text)]
    heads = [found for found in re.finditer(r"^#+ (.+)$", text, re.MULTILINE) if not any(found.start() in part for part in code)]
    ends = [*(head.start() for head in heads), len(text)][1:]
    return [Section(page, head[1], text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def inline_commands(page: str) -> list[str]:
    """Return the commands that stand in the running text."""
    return INLINE.findall(FENCED.sub("", (PROJECT / page).read_text()))
