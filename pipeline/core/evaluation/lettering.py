"""Names in any script, for pictures: in letters of a font on this machine, and in Latin ones where no font has them."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from unicodedata import bidirectional

from anyascii import anyascii
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, findSystemFonts, fontManager, get_font
from matplotlib.text import Text

OWN = "DejaVu Sans"  # comes with matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic and more
PLAIN_WEIGHTS = (400, "normal", "regular", "book", "medium")
NO_SCRIPT = ("last resort", "blank")  # fonts that have every letter, as a box or as nothing
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
WORD = re.compile(r"\S+")


def lettered(said: str) -> tuple[str, list[str]]:
    """Return a text as it can be drawn here, and the families that draw it.

    A word that has a letter which no font has is written in Latin letters, and as ``?`` where it has none of those.

    Example:
        >>> lettered("Zürich Ω 12")
        ('Zürich Ω 12', ['DejaVu Sans'])
    """
    visible = "".join(letter for letter in said if letter.isprintable() or letter == "\n")
    missing, families = {ord(letter) for letter in visible if letter.isprintable()} - _letters(findfont(OWN)), [OWN]
    fonts = _fonts() if missing else {}
    while missing and fonts:
        best = max(fonts, key=lambda family: len(missing & _letters(fonts[family])))
        found = missing & _letters(fonts.pop(best))
        if not found:
            break
        families.append(best)
        missing -= found
    return WORD.sub(lambda word: _in_latin(word[0]) if missing & {*map(ord, word[0])} else word[0], visible), families


def letter(figure: Figure) -> None:
    """Give every text of a figure fonts that have its letters; nothing in it is taken for mathematics.

    A name that runs from right to left does so inside words of ours, which do not, also where it stands first.
    """
    for text in figure.findobj(Text):
        said = text.get_text()
        text.set_parse_math(False)
        if not said.isascii() or not said.replace("\n", "").isprintable():
            drawn, families = lettered(said)
            text.set_text(LEFT_TO_RIGHT + drawn if any(bidirectional(each) in ("R", "AL") for each in drawn) else drawn)
            text.set_fontfamily(families)


def _in_latin(word: str) -> str:
    return anyascii(word) or "?"


def _fonts() -> dict[str, str]:
    """Return the file of each other family that this machine has in an upright, plain cut, by its name."""
    _meet_new_fonts()
    plain = [font for font in fontManager.ttflist if font.style == "normal" and font.weight in PLAIN_WEIGHTS]
    return {font.name: font.fname for font in plain if font.name != OWN and not any(word in font.name.lower() for word in NO_SCRIPT)}


@cache
def _meet_new_fonts() -> None:
    """Add what was installed since matplotlib looked for fonts: it does so once, and keeps the list in a file."""
    for file in sorted({*findSystemFonts()} - {font.fname for font in fontManager.ttflist}):
        with suppress(Exception):  # of a kind that matplotlib cannot draw, in the words of whatever reads it
            fontManager.addfont(file)


@cache
def _letters(file: str) -> frozenset[int]:
    try:
        return frozenset(get_font(file).get_charmap())
    except (OSError, RuntimeError):  # gone since it was found, or no font
        return frozenset()
