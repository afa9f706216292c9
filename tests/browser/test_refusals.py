"""What the page says where there is nothing to show, in a real Chromium; and that it says nothing to who is not logged in."""

from __future__ import annotations

import pytest
import requests

from tests.fixtures.browser import Chrome

ROUTES = (
    "forecasts", "fleet.json", "fleet-total.csv", "sites.csv", "site?name=edge-00", "site.json?name=edge-00", "site.csv?name=edge-00",
    "accuracy", "accuracy.json", "accuracy.csv", "run?folder=x", "static/page.css", "static/uPlot.iife.min.js", "data-docs/index.html", "",
    "openapi.json",
)  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_an_anonymous_caller_gets_nothing(chrome: Chrome, few, route: str):
    answer = requests.get(f"{chrome.address}/dayahead/{route}", timeout=30)

    assert answer.status_code == 401
    assert "edge-" not in answer.text


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("empty", "Three steps lead to the first one"),
        ("migrated", "python -m pipeline migrate"),
        ("answer", "does not answer"),
    ],
)
def test_what_is_missing_is_said_in_plain_words_with_the_way_out(chrome: Chrome, shown, database: str, words: str):
    with shown(database):
        for path in ("forecasts", "accuracy"):
            page = chrome.open(f"/dayahead/{path}")
            assert words in page.locator("main").inner_text()
        chrome.keep(page, f"without-{database}")
    chrome.complaints.clear()  # the browser's own, of a page with status 503


def test_an_address_that_leads_nowhere_says_so(chrome: Chrome, few):
    for path, words in (
        ("site?name=nobody", "made no forecast for 'nobody'"),
        ("forecasts?sort=luck", "sort:"),
        ("run?folder=x", "no run of"),
    ):
        page = chrome.open(f"/dayahead/{path}")
        assert words in page.locator("main").inner_text()
    chrome.complaints.clear()  # the browser's own, of pages with status 404 and 422
