"""What people noted, on a site's chart."""

import json

from pipeline.web.site import Window, site, site_series
from tests.fixtures.fleet import TARGET_DAY, fill_fleet

NOTE = """
INSERT INTO dayahead.events (kind, category, labels, starts_at, ends_at, note)
VALUES ('ignore', 'outage', '{"tier": "core"}', %s::date - interval '2 days', %s::date - interval '40 hours', 'fibre cut')
"""


def test_an_event_is_drawn_on_the_chart_of_the_sites_that_it_means(database, run_sql):
    fill_fleet(database, ["a", "b"], days=3)
    run_sql(NOTE, TARGET_DAY, TARGET_DAY)

    of_core, of_edge = (json.loads(site_series(database, Window(name, 7)).body)["events"] for name in ("a", "b"))

    assert (of_core["kind"], of_core["note"]) == (["ignore"], ["fibre cut"])
    assert of_core["ends_at"][0] - of_core["starts_at"][0] == 8 * 3600
    assert of_edge["kind"] == []
    assert "fibre cut" in bytes(site(database, Window("a", 7)).body).decode()
    assert "Noted by people" not in bytes(site(database, Window("b", 7)).body).decode()
