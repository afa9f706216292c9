"""The step promote against a real MLflow server and a real database."""

from datetime import UTC, date, datetime

import pytest
from mlflow import MlflowClient
from pydantic import SecretStr

from pipeline.adapters import registry
from pipeline.adapters.snapshots import Run
from pipeline.config import Settings
from pipeline.errors import ModelError, ServiceError
from pipeline.steps.promote import promote, promote_version, rollback
from pipeline.steps.register import register
from tests.fixtures.training import BETTER, NOISE, RUN, evaluation, store_training

LATER = Run("train", date(2026, 2, 21), datetime(2026, 2, 21, tzinfo=UTC))


@pytest.fixture
def governed(database: Settings, tracked: Settings) -> Settings:
    """Settings with a registered model and a database of this test's own."""
    return tracked.model_copy(update={"database_url": database.database_url})


@pytest.fixture
def decisions(run_sql):
    """Function that returns every row of promotions: version, previous, decision, decided_by."""
    return lambda: run_sql("SELECT version, previous, decision, decided_by FROM dayahead.promotions ORDER BY id")


def train(settings: Settings, run: Run = RUN, **judged) -> str:
    store_training(settings, evaluation(**judged), run=run)
    return register(run, settings)["version"]


def test_promote_makes_the_first_version_champion_when_it_beats_the_naive(governed, decisions):
    version = train(governed)

    result = promote(RUN, governed)

    assert result["decision"] == "promoted"
    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "gate")]
    assert registry.tags_of(governed, version)["reason"] == result["reason"]


def test_promote_keeps_no_champion_when_the_first_version_is_within_noise(governed, decisions):
    version = train(governed, naive=NOISE)

    result = promote(RUN, governed)

    assert result["decision"] == "rejected"
    assert "not better beyond noise" in result["reason"]
    assert registry.champion_version(governed) is None
    assert decisions() == [(version, None, "rejected", "gate")]


def test_promote_replaces_the_champion_and_keeps_it_as_the_rung_below(governed, decisions):
    first = train(governed)
    promote(RUN, governed)
    second = train(governed, LATER, champion=BETTER)

    promote(LATER, governed)

    assert registry.load_champion(governed)[1] == second
    assert registry.load_previous_champion(governed)[1] == first
    assert decisions()[-1] == (second, first, "promoted", "gate")


def test_promote_keeps_the_champion_when_the_challenger_is_within_noise(governed):
    first = train(governed)
    promote(RUN, governed)
    train(governed, LATER, champion=NOISE)

    assert promote(LATER, governed)["decision"] == "rejected"
    assert registry.champion_version(governed) == first


def test_promote_twice_leaves_one_decision(governed, decisions):
    train(governed)

    first, second = promote(RUN, governed), promote(RUN, governed)

    assert first == second
    assert len(decisions()) == 1


@pytest.mark.parametrize("judged", [{}, {"champion": BETTER}])
def test_promote_holds_when_the_backtest_judged_another_champion(governed, judged):
    first = train(governed)
    promote(RUN, governed)
    store_training(governed, evaluation(**judged), run=LATER, champion_version="7")
    register(LATER, governed)

    result = promote(LATER, governed)

    assert result["decision"] == "rejected"
    assert result["reason"] == f"the backtest did not judge champion {first}: run evaluate again, then promote"


def test_promote_replaces_a_champion_that_cannot_be_loaded(governed):
    promote_version(governed, train(governed), "anna", "the first")
    MlflowClient(governed.tracking_url).set_model_version_tag(governed.registered_model, "1", "content", "0" * 64)
    second = train(governed, LATER)

    result = promote(LATER, governed)

    assert registry.champion_version(governed) == second
    assert "champion 1 cannot be loaded" in result["reason"]


def test_promote_obeys_a_reviewer_who_says_no(governed, decisions):
    version = train(governed)

    result = promote(RUN, governed, approval=False)

    assert result["reason"].startswith("a reviewer said no; the gate: better beyond noise")
    assert registry.champion_version(governed) is None
    assert decisions() == [(version, None, "rejected", "reviewer")]


def test_promote_moves_nothing_while_the_database_is_away(governed):
    train(governed)
    away = governed.model_copy(update={"database_url": SecretStr("postgresql://postgres@127.0.0.1:9/dayahead")})

    with pytest.raises(ServiceError, match=r"127.0.0.1:9/dayahead does not answer"):
        promote(RUN, away)
    assert registry.champion_version(governed) is None
    assert promote(RUN, governed)["decision"] == "promoted"


def test_promote_by_hand_passes_the_gate_and_is_written_down(governed, decisions):
    version = train(governed, naive=NOISE)

    before = promote_version(governed, version, "anna", "a new region went live")

    assert before is None
    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "anna")]


def test_rollback_returns_to_the_previous_champion_and_not_to_the_one_it_leaves(governed, decisions):
    versions = [train(governed), train(governed, LATER)]
    for version in versions:
        promote_version(governed, version, "anna", "trial")

    assert rollback(governed, "ben", "alarms since the change") == versions[0]

    assert registry.champion_version(governed) == versions[0]
    assert decisions()[-1] == (versions[0], versions[1], "rolled_back", "ben")
    with pytest.raises(ModelError, match="no previous champion to go back to; its champion is 1"):
        rollback(governed, "ben", "again")
