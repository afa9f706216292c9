"""The page in a real Chromium, inside the real Airflow, on databases filled through the adapters."""

from __future__ import annotations

import csv
from io import StringIO
from urllib.parse import quote, urlencode

import numpy as np
import pytest
import requests

from pipeline.adapters.expectations import Expectations
from pipeline.core.series.checks import Check
from tests.fixtures.browser import MANY, ODD_NAMES, SITES, Chrome, drawn, log_in


def test_navigation_leads_from_the_login_to_the_fleet_and_a_site_inside_airflow(chrome: Chrome, few):
    page = chrome.open("/", logged_in=False)
    log_in(page, chrome.stack)
    chrome.complaints.clear()  # Airflow's own, of the time before the login

    page.get_by_role("link", name="Forecasts").click()
    frame = page.frame_locator("iframe[title=Forecasts]")
    frame.locator("h1").wait_for()
    assert "Fri 21 Aug 2026" in frame.locator("h1").inner_text()
    frame.locator("figure.chart[data-drawn]").wait_for()
    chrome.keep(page, "inside-airflow")
    frame.get_by_role("link", name="edge-03").click()
    frame.get_by_role("heading", name="edge-03").wait_for()
    page.wait_for_url("**/plugin/forecasts/dayahead/site?name=edge-03")

    frame.get_by_role("link", name="Forecast a day").click()
    page.wait_for_url("**/dags/forecast_day_ahead")


def test_fleet_is_sorted_searched_and_filtered(chrome: Chrome, few):
    page = chrome.open("/dayahead/forecasts")
    assert page.locator("tbody tr").count() == len(SITES)
    assert page.locator("th[aria-sort=descending]").inner_text() == "Peak"
    chrome.keep(page, "fleet")

    page.get_by_role("link", name="Risk").click()
    drawn(page)
    assert page.locator("th[aria-sort=descending]").inner_text() == "Risk"
    assert page.locator("tbody tr").first.locator("th").inner_text() == SITES[0]
    assert page.locator("tbody tr").first.locator(".pill").inner_text().endswith("%")

    page.get_by_label("Search").fill("EDGE-0")
    page.get_by_label("Label").select_option("tier=core")
    page.get_by_role("button", name="Show").click()
    drawn(page)
    names = page.locator("tbody th").all_inner_texts()
    assert sorted(names) == sorted(name for i, name in enumerate(SITES) if i % 4 == 0 and name.startswith("edge-0"))
    assert f"Total of the {len(names)} sites chosen" in page.locator("#total").inner_text()

    page.get_by_label("Search").fill("nowhere")
    page.get_by_role("button", name="Show").click()
    assert "No site has “nowhere” in its name" in page.locator("main").inner_text()


def test_total_is_told_with_its_own_interval_and_as_a_table(chrome: Chrome, few):
    page = chrome.open("/dayahead/forecasts")

    assert "nine times in ten; likely at" in page.locator("[data-from=total]").inner_text()
    page.get_by_text("Show as a table").click()
    page.locator("details tbody tr").first.wait_for()
    head = page.locator("details thead th").all_inner_texts()
    row = page.locator("details tbody tr").first.locator("td").all_inner_texts()
    assert head[0] == "Time"
    assert len(row) == len(head) - 1
    assert page.locator("details tbody tr").count() == 24


def test_site_shows_what_came_what_may_come_where_the_model_looked_and_what_stood_out(chrome: Chrome, few):
    name = SITES[1]  # the one that left its band

    page = chrome.open(f"/dayahead/site?{urlencode({'name': name})}")
    text = page.locator("main").inner_text()

    assert "the model looked most at Fri 14 Aug 2026, a week before" in text
    assert page.locator(".heat tbody tr").count() == 4
    assert "above the 90 % band" in text
    assert "most likely from 16:00 (70 %)" in text
    assert page.locator("section[aria-labelledby=days] tbody tr").count() == 8
    assert page.get_by_role("link", name="version 2").first.get_attribute("href").startswith(chrome.stack.settings.tracking_url)
    chrome.keep(page, "site")


def test_download_holds_exactly_what_the_chart_shows(chrome: Chrome, few):
    page = chrome.open("/dayahead/site?name=edge-04&days=2")
    assert "so far" in page.locator("dl.tiles > div", has_text="Billing").inner_text()
    page.get_by_text("Show as a table").click()
    page.locator("details tbody tr").first.wait_for()
    shown = page.locator("details tbody tr").count()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text().splitlines()))

    assert len(rows) == shown == 3 * 24
    assert sum(row["actual"] != "" for row in rows) == 2 * 24
    assert download.value.suggested_filename == "edge-04.csv"


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_site_with_odd_characters_is_a_site_like_any_other(chrome: Chrome, few, name: str):
    page = chrome.open("/dayahead/forecasts")
    page.locator("tbody th a").nth(page.locator("tbody th").all_inner_texts().index(" ".join(name.split("\n")))).click()
    page.wait_for_selector("figure.chart[data-drawn]")

    assert page.locator("h1").inner_text() == name
    assert page.title() == f"{' '.join(name.split())} · Forecasts"
    shot = chrome.keep(page, f"odd-{ODD_NAMES.index(name)}")
    assert shot.stat().st_size > 0


def test_a_spreadsheet_computes_nothing_from_a_name(chrome: Chrome, few):
    page = chrome.open("/dayahead/forecasts")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()

    text = download.value.path().read_bytes().decode()
    names = {row["site"] for row in csv.DictReader(StringIO(text, newline=""))}

    told = {'=1+1,"x"': '\'=1+1,"x"', "'; drop table traffic;--": "'; drop table traffic;'--"}  # also where a semicolon makes a cell
    assert names == {told.get(name, name) for name in SITES}


def test_dark_and_light_follow_the_system_and_airflows_own_choice(chrome: Chrome, few):
    def background(place) -> str:
        return place.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")

    dark, light = chrome.open("/dayahead/forecasts", scheme="dark"), chrome.open("/dayahead/forecasts")
    assert background(dark) == "rgb(17, 20, 24)"
    assert background(light) == "rgb(250, 251, 252)"
    chrome.keep(dark, "fleet-dark")

    inside = chrome.open("/plugin/forecasts")
    frame = inside.frame_locator("iframe[title=Forecasts]")
    frame.locator("figure.chart[data-drawn]").wait_for()
    inside.evaluate("document.documentElement.className = 'dark'")
    frame.locator("html[data-theme=dark]").wait_for()
    assert background(frame) == "rgb(17, 20, 24)"


def test_keys_move_through_a_chart_and_it_says_what_it_finds(chrome: Chrome, few):
    page = chrome.open("/dayahead/site?name=edge-04&days=2")

    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    said = page.locator(".readout").inner_text()
    assert said.startswith("Wed 19 Aug, 01:00 · ")
    assert "median" in said
    assert "reading" in said


def test_accuracy_is_shown_by_day_with_every_change_of_champion(chrome: Chrome, few):
    page = chrome.open("/dayahead/accuracy?days=30")

    assert page.locator("figure.chart[data-drawn]").count() == 3
    assert "naive: mean of yesterday and last week" in page.locator("section[aria-labelledby=wape]").inner_text()
    assert "champion without daily learning" in page.locator("section[aria-labelledby=wape]").inner_text()
    assert "naive" not in page.locator("section[aria-labelledby=coverage]").inner_text()
    assert page.locator("section[aria-labelledby=decisions] tbody tr").count() == 2
    assert "seasonal naive" in page.locator("section[aria-labelledby=runs]").inner_text()
    chrome.keep(page, "accuracy")


def test_data_docs_open_without_asking_anybody_outside(chrome: Chrome, few):
    expectations = Expectations(chrome.stack.home.root / "gx" / "page-test")
    expectations.judge("readings", {"throughput": np.array([1.0, -5.0])}, [Check("throughput is above 0", "negative", "throughput", 0)])
    expectations.publish()

    page = chrome.open("/dayahead/data-docs/page-test/index.html")
    assert page.locator("tbody tr").all_inner_texts() == ["readings\tfailed"]
    page.get_by_role("link", name="readings").click()

    assert "values must be greater than" in page.locator("body").inner_text()
    chrome.keep(page, "data-docs")


def test_a_thousand_sites_are_one_small_page(chrome: Chrome, shown, request, capsys):
    with shown("many"):
        chrome.open("/dayahead/forecasts")  # the server's first look at this database
        page = chrome.open("/dayahead/forecasts")
        page.locator("figure.chart[data-drawn]").wait_for()
        figures = page.evaluate(
            """() => ({
                paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
                bytes: performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0),
            })"""
        )
        assert page.locator(".pages").inner_text().split("\n")[0].startswith(f"1–50 of {MANY}")
        page.get_by_role("link", name="Next").click()
        assert f"51–100 of {MANY}" in page.locator(".pages").inner_text()
        found = requests.get(f"{chrome.address}/dayahead/sites.csv?search={quote('edge-099')}", cookies=_cookies(chrome), timeout=30)
    said = f" {MANY} sites: first paint after {figures['paint']:.0f} ms, {figures['bytes'] / 1000:.0f} kB "
    with capsys.disabled():
        request.config.get_terminal_writer().write(said, flush=True)

    assert figures["bytes"] < 500_000
    assert len(found.text.splitlines()) == 11


def _cookies(chrome: Chrome) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in chrome.login["cookies"]}
