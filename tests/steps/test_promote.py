"""The step promote against a real MLflow server and a real database."""

import pytest
from mlflow import MlflowClient
from pydantic import SecretStr
from typer.testing import CliRunner

from pipeline.__main__ import app
from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.errors import ModelError, ServiceError
from pipeline.steps.promote import decide_by_word, promote, promote_version, rollback
from pipeline.steps.review import review_run, review_version
from tests.fixtures.training import BETTER, NOISE, RUN, WORSE
from tests.fixtures.versions import LATER


def test_promote_makes_the_first_version_champion_when_it_beats_the_naive(governed, train, decisions):
    version = train()

    result = promote(RUN, governed)

    assert result["decision"] == "promoted"
    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "gate")]
    assert registry.tags_of(governed, version)["reason"] == result["reason"]


def test_promote_keeps_no_champion_when_the_first_version_is_within_noise(governed, train, decisions):
    version = train(naive=WORSE)

    result = promote(RUN, governed)

    assert result["decision"] == "rejected"
    assert "not better: " in result["reason"]
    assert registry.champion_version(governed) is None
    assert decisions() == [(version, None, "rejected", "gate")]


def test_promote_replaces_the_champion_and_keeps_it_as_the_rung_below(governed, train, decisions):
    first = train()
    promote(RUN, governed)
    second = train(LATER, champion=BETTER)

    promote(LATER, governed)

    assert registry.load_champion(governed)[1] == second
    assert registry.load_previous_champion(governed)[1] == first
    assert decisions()[-1] == (second, first, "promoted", "gate")


def test_promote_keeps_the_champion_when_the_challenger_is_within_noise(governed, train):
    first = train()
    promote(RUN, governed)
    train(LATER, champion=NOISE)

    assert promote(LATER, governed)["decision"] == "rejected"
    assert registry.champion_version(governed) == first


def test_promote_twice_leaves_one_decision(governed, train, decisions):
    train()

    first, second = promote(RUN, governed), promote(RUN, governed)

    assert first == second
    assert len(decisions()) == 1


@pytest.mark.parametrize("judged", [{}, {"champion": BETTER}])
def test_promote_holds_when_the_backtest_judged_another_champion(governed, train, judged):
    first = train()
    promote(RUN, governed)
    train(LATER, evaluate={"champion_version": "7"}, **judged)

    result = promote(LATER, governed)

    assert result["decision"] == "rejected"
    assert result["reason"] == f"the backtest did not judge champion {first}: run evaluate again, then promote"


def test_promote_replaces_a_champion_that_cannot_be_loaded(governed, train):
    promote_version(governed, train(), "anna", "the first")
    MlflowClient(governed.tracking_url).set_model_version_tag(governed.registered_model, "1", "content", "0" * 64)
    second = train(LATER)

    result = promote(LATER, governed)

    assert registry.champion_version(governed) == second
    assert "champion 1 cannot be loaded" in result["reason"]


def test_promote_obeys_a_reviewer_who_says_no(governed, train, decisions):
    version = train()

    result = promote(RUN, governed, answer={"approved": False, "by": "anna", "reason": "the new region is missing"})

    assert result["reason"].startswith("rejected: the new region is missing; better: ")
    assert registry.champion_version(governed) is None
    assert decisions() == [(version, None, "rejected", "anna")]
    assert registry.tags_of(governed, version)["decided_by"] == "anna"


def test_promote_writes_down_the_reviewer_who_says_yes(governed, train, decisions):
    version = train()

    result = promote(RUN, governed, answer={"approved": True, "by": "anna", "reason": ""})

    assert result["reason"].startswith("approved: no reason given; better: ")
    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "anna")]


def test_promote_lets_no_reviewer_overrule_the_gate(governed, train, decisions):
    version = train(naive=WORSE)

    promote(RUN, governed, answer={"approved": True, "by": "anna", "reason": "please"})

    assert registry.champion_version(governed) is None
    assert decisions() == [(version, None, "rejected", "gate")]


def test_review_of_a_run_asks_only_where_the_gate_lets_the_version_pass(governed, train):
    version = train()
    asked = review_run(RUN, governed)
    train(LATER, naive=WORSE)

    assert asked.subject == f"Make version {version} champion, the first champion?"
    assert asked.body.startswith("The gate lets it pass; the last word is yours.")
    assert version_url(governed, version) in asked.body
    assert not asked.needless
    assert review_run(LATER, governed).needless.startswith("the gate refuses version 2: not better: ")


def test_review_of_a_version_shows_who_asked_why_and_the_card(governed, train):
    promote_version(governed, train(), "anna", "trial")
    second = train(LATER)
    MlflowClient(governed.tracking_url).update_model_version(governed.registered_model, second, "the card")

    asked = review_version(governed, second, "shadow", "better for 14 days")

    assert asked.subject == "Make version 2 champion, in the place of version 1?"
    assert asked.body.startswith("Asked by shadow: better for 14 days.")
    assert asked.body.endswith("the card")
    assert review_version(governed, "1", "ben", "again").needless == "version 1 is champion already"
    assert review_version(governed, None, "ben", "alarms").needless == "going back to the previous champion must not wait"


def test_reviewer_who_says_no_to_what_was_asked_leaves_the_champion(governed, train, decisions):
    promote_version(governed, train(), "anna", "trial")
    second = train(LATER)

    decided = decide_by_word(governed, second, "shadow", "better for 14 days", {"approved": False, "by": "ben", "reason": "not now"})

    assert registry.champion_version(governed) == "1"
    assert decisions()[-1] == (second, "1", "rejected", "ben")
    assert decided["reason"] == "rejected: not now; asked by shadow: better for 14 days"


def test_reviewer_who_says_yes_to_what_was_asked_is_who_decided(governed, train, decisions):
    version = train(naive=WORSE)

    decide_by_word(governed, version, "shadow", "better for 14 days", {"approved": True, "by": "ben", "reason": "fine"})

    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "ben")]


def test_promote_moves_nothing_while_the_database_is_away(governed, train):
    train()
    away = governed.model_copy(update={"database_url": SecretStr("postgresql://postgres@127.0.0.1:9/dayahead")})

    with pytest.raises(ServiceError, match=r"127.0.0.1:9/dayahead does not answer"):
        promote(RUN, away)
    assert registry.champion_version(governed) is None
    assert promote(RUN, governed)["decision"] == "promoted"


def test_promote_by_hand_passes_the_gate_and_is_written_down(governed, train, decisions):
    version = train(naive=WORSE)

    before = promote_version(governed, version, "anna", "a new region went live")

    assert before is None
    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "anna")]


def test_a_decision_stays_written_down_where_the_version_cannot_be_tagged(governed, train, decisions, monkeypatch):
    version = train()

    def refuse(*_: object) -> None:
        raise ServiceError("the tracking server went away")

    monkeypatch.setattr(registry, "tag_version", refuse)
    with pytest.raises(ServiceError, match="went away"):
        promote_version(governed, version, "anna", "trial")

    assert registry.champion_version(governed) == version
    assert decisions() == [(version, None, "promoted", "anna")]


def test_rollback_returns_to_the_previous_champion_and_not_to_the_one_it_leaves(governed, train, decisions):
    versions = [train(), train(LATER)]
    for version in versions:
        promote_version(governed, version, "anna", "trial")

    assert rollback(governed, "ben", "alarms since the change") == versions[0]

    assert registry.champion_version(governed) == versions[0]
    assert decisions()[-1] == (versions[0], versions[1], "rolled_back", "ben")
    with pytest.raises(ModelError, match="no previous champion to go back to; its champion is 1"):
        rollback(governed, "ben", "again")


def test_command_promote_takes_a_persons_word_and_takes_it_back(governed, train, decisions, monkeypatch):
    for name in ("home", "tracking_url", "registered_model"):
        monkeypatch.setenv(f"DAYAHEAD_{name.upper()}", str(getattr(governed, name)))
    monkeypatch.setenv("DAYAHEAD_DATABASE_URL", governed.database_url.get_secret_value())
    first, second = train(), train(LATER)

    for words in (["promote", "--to", first], ["promote", "--to", second], ["rollback"]):
        result = CliRunner().invoke(app, [*words, "--by", "anna", "--reason", "trial"])

    assert result.output == f"champion is now version {first}\n"
    assert [row[2:] for row in decisions()] == [("promoted", "anna"), ("promoted", "anna"), ("rolled_back", "anna")]


@pytest.mark.parametrize("words", [["promote", "--to", "1"], ["rollback"]])
def test_a_persons_decision_wants_a_reason(words):
    result = CliRunner().invoke(app, words)

    assert result.exit_code == 2
    assert "needs a reason" in result.output
