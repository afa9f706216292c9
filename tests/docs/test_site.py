"""The documentation as a site."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PROJECT

LOADED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\bsrc=["']?(?:https?:)?//|<link[^>]*\bhref=["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as ``make docs`` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, env={"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_reached_from_the_menu(site):
    menu = (site / "index.html").read_text()

    built = {page.name for page in site.glob("*.html")} - {"404.html", "index.html"}

    assert built == {page.stem + ".html" for page in (PROJECT / "docs").glob("*.md")} - {"index.html"}
    assert [page for page in built if f'href="{page}"' not in menu] == []


def test_pages_load_nothing_from_the_network(site):
    files = [*site.glob("*.html"), *site.rglob("*.css")]

    assert [file.name for file in files if LOADED.search(file.read_text())] == []


def test_pictures_that_pages_show_are_there(site):
    shown = {source for page in site.glob("*.html") for source in re.findall(r'<img[^>]*src="([^"]+)"', page.read_text())}

    assert "pictures/architecture.svg" in shown
    assert [source for source in shown if not (site / source).exists()] == []


def test_lists_are_shown_as_lists(site):
    for page in site.glob("*.html"):
        paragraphs = re.findall(r"<p>.*?</p>", page.read_text(), flags=re.DOTALL)

        items = [each for each in paragraphs if re.search(r"^([-*]|\d+\.) ", each, flags=re.MULTILINE)]
        assert items == [], f"{page.name}: an empty line is missing before a list"


def test_settings_page_holds_the_example_file_word_for_word(site):
    page = re.sub(r"<[^>]+>", "", (site / "settings.html").read_text())

    assert all(line in page for line in (PROJECT / ".env.example").read_text().splitlines() if line.startswith("#DAYAHEAD"))
