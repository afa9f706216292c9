"""Names in any script in pictures; every warning is an error here, also that of a glyph which no font has."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from pipeline.core.evaluation import lettering
from pipeline.core.evaluation.lettering import LEFT_TO_RIGHT, letter, lettered
from pipeline.core.evaluation.plots import plot_forecast
from pipeline.core.models.contract import QUANTILES
from tests.fixtures.scripts import ARABIC, CHINESE, DEVANAGARI, NAMES

ODD = ("cost$1 $2", "bell\a", "🚀 \ue000", "two\nlines", "")


@pytest.fixture(autouse=True)
def only_our_font(monkeypatch) -> None:
    """The machine has no font but matplotlib's own: what is drawn does not depend on where the tests run."""
    monkeypatch.setattr(fontManager, "ttflist", [font for font in fontManager.ttflist if "DejaVu" in font.name])
    monkeypatch.setattr(lettering, "findSystemFonts", list)
    lettering._meet_new_fonts.cache_clear()


@pytest.fixture
def chinese_font(tmp_path: Path, monkeypatch, only_our_font: None) -> str:
    """Name of a font that has the two letters of 水土 and nothing else, installed since matplotlib looked; beside a file that is none."""
    square = TTGlyphPen(None)
    for move, at in ((square.moveTo, (0, 0)), (square.lineTo, (0, 700)), (square.lineTo, (700, 700)), (square.lineTo, (700, 0))):
        move(at)
    square.closePath()
    glyph = square.glyph()
    names = [".notdef", "water", "earth"]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord("水"): "water", ord("土"): "earth"})
    font.setupGlyf(dict.fromkeys(names, glyph))
    font.setupHorizontalMetrics(dict.fromkeys(names, (800, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Two Letters", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "two.ttf")
    (tmp_path / "none.ttf").write_text("no font")
    monkeypatch.setattr(lettering, "findSystemFonts", lambda: [str(file) for file in tmp_path.glob("*.ttf")])
    return "Two Letters"


def test_words_without_a_font_are_written_in_latin_letters_and_others_stay():
    assert lettered(f"{CHINESE} edge: 12") == ("ShuiTu edge: 12", ["DejaVu Sans"])
    assert lettered(DEVANAGARI)[0] == "dilli"
    assert lettered(ARABIC)[0] == ARABIC
    assert lettered("\N{CUNEIFORM SIGN A} 7")[0] == "? 7"


def test_a_font_of_the_machine_that_has_the_letters_draws_them(chinese_font):
    assert lettered(f"{CHINESE} {DEVANAGARI}") == (f"{CHINESE} dilli", ["DejaVu Sans", chinese_font])


def test_a_name_from_right_to_left_stays_in_its_place_within_our_words():
    figure = Figure()
    title = figure.subplots().set_title(f"{ARABIC}: the worst site")

    letter(figure)

    assert title.get_text() == f"{LEFT_TO_RIGHT}{ARABIC}: the worst site"


@pytest.mark.parametrize("name", [*NAMES, *ODD])
def test_pictures_are_drawn_of_sites_with_any_name_and_in_any_unit(tmp_path, name):
    ts = pd.date_range("2026-08-14", periods=24, freq="h", tz="UTC")
    quantiles = np.linspace(10, 20, len(QUANTILES)) + np.zeros((24, 1))

    path = plot_forecast(tmp_path / "a.png", ts, quantiles, title=f"{name}: the worst site", unit="比特/s")

    assert path.read_bytes().startswith(b"\x89PNG")


def test_pictures_with_letters_of_a_font_of_the_machine_are_drawn(tmp_path, chinese_font):
    ts = pd.date_range("2026-08-14", periods=24, freq="h", tz="UTC")

    drawn = plot_forecast(tmp_path / "a.png", ts, np.ones((24, len(QUANTILES))), title=CHINESE, unit="土")

    assert (
        drawn.read_bytes() != plot_forecast(tmp_path / "b.png", ts, np.ones((24, len(QUANTILES))), title="ShuiTu", unit="土").read_bytes()
    )
