"""Sites with names in any script: the page, its series and its file say them as they are."""

import csv
from urllib.parse import quote

import pytest

from pipeline.web.fleet import Choice, fleet
from pipeline.web.site import Window, site, site_file
from tests.fixtures.fleet import fill_fleet
from tests.fixtures.scripts import NAMES


@pytest.fixture(scope="module")
def names() -> list[str]:
    return list(NAMES)


def test_names_in_any_script_stand_on_the_pages_and_in_files(database, names):
    fill_fleet(database, names, days=3)

    listed = bytes(fleet(database, Choice("", "", "peak", "down", 1)).body).decode()
    found = bytes(fleet(database, Choice(names[1], "", "peak", "down", 1)).body).decode()
    for name in names:
        page = bytes(site(database, Window(name, 7)).body).decode()
        file = site_file(database, Window(name, 7))
        rows = list(csv.DictReader(bytes(file.body).decode().splitlines()))

        assert f'<h1 class="name">{name}</h1>' in page
        assert f'href="site?name={quote(name)}">{name}</a>' in listed
        assert (f">{name}</a>" in found) is (name == names[1])
        assert file.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote(name)}.csv"
        assert len(rows) == 4 * 24
