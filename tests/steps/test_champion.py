"""The champion changes hands while people, kills and MLflow's own page interfere."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from mlflow import MlflowClient

from pipeline.adapters.mlflow import registry
from pipeline.adapters.postgres import promotions
from pipeline.errors import ModelError, ServiceError
from pipeline.steps import champion
from pipeline.steps.champion import watch_alias
from pipeline.steps.promote import promote, promote_version, rollback
from tests.fixtures.training import BETTER
from tests.fixtures.versions import LATER


class KilledError(BaseException):
    """What no handler catches, as a kill -9 leaves nobody to catch it."""


def die(*_: object, **__: object) -> None:
    raise KilledError


@pytest.fixture
def versions(governed, train) -> list[str]:
    """Three versions that were champion one after the other."""
    made = [train(), train(LATER), train()]
    for version in made:
        promote_version(governed, version, "anna", f"trial of {version}")
    return made


@pytest.mark.parametrize("where", [(registry, "set_champion"), (promotions, "settle")], ids=["before the alias moves", "after it moved"])
@pytest.mark.parametrize("command", ["promote", "promote_version", "rollback"])
def test_a_killed_decision_is_carried_out_once_by_the_same_command_again(governed, train, decisions, monkeypatch, where, command):
    first, second = train(), train(LATER, champion=BETTER)
    promote_version(governed, first, "anna", "the first")
    if command == "rollback":
        promote_version(governed, second, "anna", "the second")
    run = {
        "promote": lambda: promote(LATER, governed, answer={"approved": True, "by": "ben", "reason": ""}),
        "promote_version": lambda: promote_version(governed, second, "ben", "better"),
        "rollback": lambda: rollback(governed, "ben", "alarms"),
    }[command]
    before = decisions()
    with monkeypatch.context() as dying:
        dying.setattr(*where, die)
        with pytest.raises(KilledError):
            run()

    run()

    expected = (first, second, "rolled_back", "ben") if command == "rollback" else (second, first, "promoted", "ben")
    assert decisions() == [*before, expected]
    assert registry.champion_version(governed) == expected[0]
    assert registry.previous_champion_version(governed) == (None if command == "rollback" else first)


def test_a_rollback_tried_twice_goes_back_one_version_and_another_one_goes_on(governed, versions, decisions):
    for _ in range(2):
        assert rollback(governed, "ben", "alarms since the change") == versions[1]

    assert decisions()[-1] == (versions[1], versions[2], "rolled_back", "ben")
    assert rollback(governed, "ben", "still alarms") == versions[0]


def test_of_two_promotions_at_once_one_wins_and_the_other_says_so(governed, train, decisions, monkeypatch):
    promote_version(governed, train(), "anna", "the first")
    rivals = {"ben": train(LATER), "carla": train()}
    move = registry.set_champion

    def slowly(*arguments: object, **options: object) -> None:
        time.sleep(1)
        move(*arguments, **options)

    monkeypatch.setattr(registry, "set_champion", slowly)

    def ask(who: str) -> str:
        try:
            promote_version(governed, rivals[who], who, "mine is better")
        except ModelError as error:
            return str(error)
        return who

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(ask, rivals))

    (winner,) = set(said) & set(rivals)
    assert [f"{winner} has just made version {rivals[winner]} champion (mine is better)" in word for word in said].count(True) == 1
    assert registry.champion_version(governed) == rivals[winner]
    assert decisions()[1:] == [(rivals[winner], "1", "promoted", winner)]


def test_a_decision_whose_alias_cannot_be_moved_is_taken_back(governed, versions, decisions, monkeypatch):
    before = decisions()

    def refuse(*_: object, **__: object) -> None:
        raise ServiceError("the tracking server went away")

    monkeypatch.setattr(registry, "set_champion", refuse)
    with pytest.raises(ServiceError, match="went away"):
        promote_version(governed, versions[0], "ben", "back")

    assert decisions() == before


def test_an_alias_moved_in_mlflow_itself_is_noted_once_and_can_be_rolled_back(governed, versions, decisions):
    MlflowClient(governed.tracking_url).set_registered_model_alias(governed.registered_model, "champion", versions[0])

    first, again = watch_alias(governed), watch_alias(governed)

    assert first == again
    assert (first["version"], first["previous"]) == (versions[0], versions[2])
    assert decisions()[-1] == (versions[0], versions[2], "promoted", "outside")
    assert len(decisions()) == 4
    assert rollback(governed, "ben", "nobody agreed to it") == versions[2]
    assert watch_alias(governed) is None


def test_whether_the_alias_was_moved_is_not_known_while_the_registry_is_away(governed, caplog):
    assert watch_alias(governed.model_copy(update={"tracking_url": "http://127.0.0.1:9"})) is None
    assert "the next run looks again" in caplog.text


def test_names_of_decisions_are_those_of_the_table(governed):
    assert {champion.PROMOTED, champion.REJECTED, champion.ROLLED_BACK} == set(promotions.DECISIONS)
