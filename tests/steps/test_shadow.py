"""The challenger in the shadow: it forecasts beside the champion, harms nothing, and asks when its days are better beyond noise."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from mlflow import MlflowClient

from pipeline.adapters.mlflow import registry
from pipeline.config import Settings
from pipeline.core.series.frames import Site
from pipeline.steps.compare import compare
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.promote import decide_by_word, promote_version, rollback
from pipeline.steps.publish import publish
from pipeline.steps.shadow import shadow
from pipeline.steps.validate import validate
from tests.fixtures.snapshots import RUN as DAY
from tests.fixtures.snapshots import make_readings, put_snapshot
from tests.fixtures.versions import LATER

SITES = ("north", "south", "east")
ROLES = "SELECT role, model_version, degradation, count(*) FROM dayahead.forecasts GROUP BY 1, 2, 3 ORDER BY 1"
SCORE = """
INSERT INTO dayahead.scores
(target_day, role, site, model_version, cutoff, steps, actual_total, pinball, coverage50, coverage80, coverage90)
VALUES (%s, %s, %s, %s, %s, 24, 100, %s, .5, .8, .9)
"""


@pytest.fixture
def two_versions(governed: Settings, train) -> Settings:
    """Settings with version 1 as champion and version 2 as challenger."""
    promote_version(governed, train(), "anna", "the first")
    challenge(governed, train(LATER))
    for version in ("1", "2"):
        learn_until(governed, version, DAY.cutoff - timedelta(days=20))
    return governed


def challenge(settings: Settings, version: str) -> None:
    MlflowClient(settings.tracking_url).set_registered_model_alias(settings.registered_model, "challenger", version)


def learn_until(settings: Settings, version: str, cutoff: datetime) -> None:
    MlflowClient(settings.tracking_url).set_model_version_tag(settings.registered_model, version, "cutoff", cutoff.isoformat())


def walk(settings: Settings, run=DAY) -> None:
    """Do what a forecast does up to its features, shard by shard."""
    for part in run.parts():
        names = [name for name in SITES if part.holds(name)]
        if names:
            put_snapshot(settings, make_readings(*names), tuple(Site(name) for name in names), run=part)
            validate(part, settings)
            features(part, settings)


def test_shadow_publishes_the_challenger_where_no_reader_of_the_forecast_sees_it(two_versions, run_sql):
    walk(two_versions)
    forecast(DAY, two_versions)
    publish(DAY, two_versions)
    before = run_sql("SELECT * FROM dayahead.next_day ORDER BY site, ts")

    result = shadow(DAY, two_versions)

    assert (result["version"], result["rows"], result["sites"]) == ("2", 72, 3)
    assert run_sql(ROLES) == [("challenger", "2", "none", 72), ("champion", "1", "none", 72)]
    assert run_sql("SELECT * FROM dayahead.next_day ORDER BY site, ts") == before


def test_shadow_twice_leaves_the_same_rows(two_versions, run_sql):
    walk(two_versions)
    first = shadow(DAY, two_versions)
    before = run_sql("SELECT * FROM dayahead.forecasts ORDER BY site, ts")

    assert shadow(DAY, two_versions) == first
    assert run_sql("SELECT * FROM dayahead.forecasts ORDER BY site, ts") == before


def test_shadow_goes_over_every_shard_and_past_one_that_failed(two_versions, run_sql):
    divided = replace(DAY, shards=3)
    held = [part for part in divided.parts() if any(part.holds(name) for name in SITES)]
    walk(two_versions, divided)
    lost = replace(held[0], shards=3)
    (two_versions.home / "store" / lost.folder / "features.json").unlink()

    result = shadow(divided, two_versions)

    assert result["sites"] == sum(not lost.holds(name) for name in SITES)


def test_shadow_rests_while_the_champion_is_the_newest_version(governed, train, run_sql):
    version = train()
    promote_version(governed, version, "anna", "the first")
    challenge(governed, version)

    assert shadow(DAY, governed) == {"rows": 0, "reason": "no version but the champion"}
    assert run_sql(ROLES) == []


def test_shadow_proves_nothing_by_a_day_that_the_challenger_has_seen(two_versions, run_sql):
    learn_until(two_versions, "2", DAY.cutoff + timedelta(hours=1))

    assert shadow(DAY, two_versions)["reason"].startswith("version 2 has learned from the readings up to 2026-01-15T01:00:00+00:00")
    assert run_sql(ROLES) == []


def test_shadow_of_a_version_that_cannot_be_trusted_is_a_warning(two_versions, run_sql, caplog):
    MlflowClient(two_versions.tracking_url).set_model_version_tag(two_versions.registered_model, "2", "content", "0" * 64)
    walk(two_versions)

    result = shadow(DAY, two_versions)

    assert "they were changed or cut" in result["reason"]
    assert "no shadow target_day=2026-01-15" in caplog.text
    assert run_sql(ROLES) == []


def test_shadow_without_the_tracking_server_is_a_warning(two_versions, caplog):
    away = two_versions.model_copy(update={"tracking_url": "http://127.0.0.1:9"})

    assert "does not answer" in shadow(DAY, away)["reason"]
    assert "no shadow target_day=2026-01-15" in caplog.text


def score_days(run_sql, settings: Settings, days: int, level: float) -> None:
    """Score champion 1 and challenger 2 on as many days up to the run's, the latter with ``level`` times the loss."""
    rng = np.random.default_rng(0)
    for back in range(days):
        day = DAY.target_day - timedelta(days=back + 1)
        cutoff = settings.cutoff_of(day)
        for site in SITES:
            loss = rng.lognormal(0, 0.3)
            run_sql(SCORE, day, "champion", site, "1", cutoff, loss)
            run_sql(SCORE, day, "challenger", site, "2", cutoff, loss * level * rng.lognormal(0, 0.02))


def test_compare_asks_after_its_days_and_notes_what_it_found(two_versions, run_sql):
    score_days(run_sql, two_versions, 14, 0.9)

    found = compare(DAY, two_versions)

    [asked] = found["asks"]
    assert asked["version"] == "2"
    assert asked["reason"].startswith("against champion 1, 14 days in the shadow: a pinball loss lower by ")
    assert registry.tags_of(two_versions, "2")["shadow"] == asked["reason"]
    assert found["found"] == f"version 2 {asked['reason']}"


@pytest.mark.parametrize(("days", "level"), [(13, 0.8), (14, 1.0), (14, 1.1)])
def test_compare_keeps_quiet_before_its_days_and_within_noise(two_versions, run_sql, days, level):
    score_days(run_sql, two_versions, days, level)

    assert compare(DAY, two_versions)["asks"] == []


def test_compare_counts_only_what_both_forecast_at_the_same_cutoff_as_they_are_now(two_versions, run_sql):
    score_days(run_sql, two_versions, 14, 0.9)
    run_sql("UPDATE dayahead.scores SET cutoff = cutoff - interval '1 h' WHERE role = 'challenger' AND target_day = %s", date(2026, 1, 14))
    run_sql("UPDATE dayahead.scores SET model_version = '0' WHERE role = 'champion' AND target_day = %s", date(2026, 1, 13))

    assert compare(DAY, two_versions)["found"] == "version 2 against champion 1, 12 days in the shadow, too few to tell"


@pytest.mark.parametrize("version", ["1", "2"])
def test_compare_leaves_out_the_days_that_one_of_them_has_seen(two_versions, run_sql, version):
    score_days(run_sql, two_versions, 14, 0.9)
    learn_until(two_versions, version, DAY.cutoff - timedelta(days=10))

    assert compare(DAY, two_versions)["found"] == "version 2 against champion 1, 10 days in the shadow, too few to tell"


def test_compare_does_not_ask_again_for_what_a_person_refused(two_versions, run_sql):
    score_days(run_sql, two_versions, 14, 0.9)
    decide_by_word(two_versions, "2", "shadow", "better", {"approved": False, "by": "ben", "reason": "not now"})

    assert compare(DAY, two_versions)["asks"] == []


def test_compare_does_not_ask_for_what_was_rolled_back(two_versions, run_sql):
    promote_version(two_versions, "2", "anna", "trial")
    rollback(two_versions, "ben", "alarms")
    score_days(run_sql, two_versions, 14, 0.9)

    assert registry.champion_version(two_versions) == "1"
    assert compare(DAY, two_versions)["asks"] == []


def test_compare_without_a_challenger_asks_nothing(governed):
    assert compare(DAY, governed) == {"asks": [], "found": "no challenger beside the champion"}
