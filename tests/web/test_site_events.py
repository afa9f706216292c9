"""What people noted, on a site's chart."""

import json
from datetime import UTC, datetime

from pipeline.web.reading import views
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


EXPECTED = """
INSERT INTO dayahead.events (kind, category, site, starts_at, ends_at, expected_factor)
SELECT 'expected', said.category, said.site, at, at + interval '3 hours', said.factor
FROM (
    VALUES ('match', 'b', 9, NULL), ('match', 'a', 2, NULL), ('release', 'a', 1, NULL), ('sale', 'a', 1, 2), ('rally', 'a', 1, NULL),
    ('rally', 'b', 95, NULL)
) AS said (category, site, days, factor)
CROSS JOIN LATERAL (SELECT %s::date - said.days * interval '1 day' AS at) AS begins
"""


def test_an_event_of_which_nothing_tells_how_much_it_moves_is_said_to_be_so(database, run_sql):
    fill_fleet(database, ["a", "b"], days=3)
    run_sql(EXPECTED, TARGET_DAY)

    with views(database) as read:
        noted = read("read_site_events", site="a", since=datetime(2026, 8, 1, tzinfo=UTC), history=90)

    assert sorted(row["category"] for row in noted if row["unseen"]) == ["rally", "release"]
    assert bytes(site(database, Window("a", 7)).body).decode().count("the first of its kind") == 2
