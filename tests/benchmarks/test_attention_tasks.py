from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks import attention_tasks
from benchmarks.attention import daily_traffic, digit_difference, planted_step, sine, translation
from benchmarks.attention.corpus import corpus
from benchmarks.attention.outcome import Course, Outcome, learn
from benchmarks.attention.tracking import log_outcome, tracked
from pipeline.config import Settings
from pipeline.core.models import FORECASTERS
from pipeline.core.models.contract import Progress


def ignore(_):
    """Hear of a progress and say nothing."""


def short(course, samples):
    return replace(course, samples=samples, epochs=1)


OUTCOME = Outcome(
    "attention_mlp",
    "test MSE",
    0.5,
    0.0017,
    True,
    {"a claim": True},
    {"x": 2.0},
    {"batch": 4},
    [],
    [Progress(1, 2, 0.7), Progress(2, 2, 0.6)],
)


def test_every_task_is_a_forecaster_of_the_same_name():
    assert set(attention_tasks.TASKS) <= set(FORECASTERS)
    assert len(attention_tasks.TASKS) == 7


def test_an_epoch_draws_every_sample_once():
    network, drawn = torch.nn.Linear(1, 1), []

    def loss_of_rows(rows):
        drawn.append(rows)
        return network(torch.ones(1)).sum()

    curve = learn(network, loss_of_rows, Course(samples=10, epochs=3, batch=4, learning_rate=0.1), ignore)

    assert [len(rows) for rows in drawn[:3]].count(4) == 2
    assert sorted(torch.cat(drawn).tolist()) == sorted(list(range(10)) * 3)
    assert curve[-1].iteration == 9


def test_the_sine_is_tested_after_its_training_span(tmp_path):
    outcome = sine.run(tmp_path, ignore, short(sine.COURSE, sine.COURSE.samples))

    assert sine.COURSE.samples + sine.STEPS == sine.TRAINING_POINTS
    assert outcome.reached < 1
    assert outcome.pictures[0].stat().st_size < 100_000


def test_the_label_stands_in_the_planted_step_and_nowhere_else():
    series, label = planted_step.draw(4000, seed=0)

    correlation = [abs(np.corrcoef(series[:, t, 0], label)[0, 1]) for t in range(planted_step.STEPS)]

    assert (series[:, planted_step.PLANTED, 0] == label).all()
    assert max(value for t, value in enumerate(correlation) if t != planted_step.PLANTED) < 0.08


def test_the_planted_step_task_tells_where_its_attention_peaks(tmp_path):
    outcome = planted_step.run(tmp_path, ignore, short(planted_step.COURSE, 900))

    assert 0 <= outcome.reached <= 1
    assert "attention_peak_step" in outcome.figures


def test_sentences_change_order_and_number_of_words_and_agree():
    found = corpus(3000, seed=1)
    by_source = {" ".join(sentence.source): " ".join(sentence.target) for sentence in found}

    assert len(by_source) == 3000
    assert any(len(sentence.target) > len(sentence.source) for sentence in found)
    assert any(list(sentence.origin) != sorted(sentence.origin) for sentence in found)
    for sentence in found:
        assert len(sentence.target) == len(sentence.origin)
        for word, origin in zip(sentence.target, sentence.origin, strict=True):
            if word in ("verte", "verts", "vertes", "vert"):
                assert sentence.source[origin] == "green"
            if word == "voitures":
                assert sentence.source[origin] == "cars"


def test_the_translator_stops_by_itself_and_reads_its_own_words_only():
    sentences = corpus(40, seed=1)
    words = translation.Vocabularies.of(sentences)
    text = words.encode(sentences)
    torch.manual_seed(0)
    network = translation.Translator(words).eval()
    lied = text._replace(target=text.target.flip(0))

    with torch.no_grad():
        free, taught = network(text, taught=False)[0], network(text, taught=True)[0]
        torch.testing.assert_close(free, network(lied, taught=False)[0])
        assert not torch.equal(taught, network(lied, taught=True)[0])
    assert free.shape[1] <= translation.MOST_WORDS
    assert words.decode(text.target) == [" ".join(sentence.target) for sentence in sentences]


def test_a_translation_is_scored_with_our_settings_and_the_authors(tmp_path):
    outcome = translation.run(tmp_path, ignore, short(translation.COURSE, 128))

    assert outcome.figures["attention_in_padding"] == 0
    assert 0 <= outcome.reached <= 100
    assert outcome.figures["bleu_as_author"] >= 0


def test_the_target_of_ten_digits_equals_the_formula():
    digits, target = digit_difference.draw(50, seed=0)

    for v, y in zip(digits.tolist(), target.tolist(), strict=True):
        assert y == pytest.approx(abs((100 * v[1] + 10 * v[2] + v[3]) - (100 * v[5] + 10 * v[6] + v[7])) / 1000)


@pytest.mark.parametrize("run", [digit_difference.run_mlp, digit_difference.run_lstm])
def test_the_digit_tasks_tell_every_digits_weight(tmp_path, run):
    outcome = run(tmp_path, ignore, Course(samples=512, epochs=1, batch=64, learning_rate=1e-2))

    assert sum(outcome.figures[f"attention_v{i}"] for i in range(10)) == pytest.approx(1, rel=1e-4)
    assert outcome.pictures[0].exists()


def test_days_of_the_built_traffic_follow_from_the_day_before():
    grid = daily_traffic.drifting_traffic(seed=0)
    day = np.log(grid.throughput + 1)

    near = np.abs(day[:, 1:] - day[:, :-1])[grid.observed[:, 1:] & grid.observed[:, :-1]].mean()
    far = np.abs(day[:, 7:] - day[:, :-7])[grid.observed[:, 7:] & grid.observed[:, :-7]].mean()

    assert grid.shape == (16, 81, 144)
    assert near < 0.75 * far


def test_a_daily_task_compares_itself_with_yesterday(tmp_path):
    outcome = daily_traffic.run("daily_gru_dot", tmp_path, ignore, replace(daily_traffic.COURSE, epochs=1))

    assert outcome.figures["wape_same_time_yesterday"] < 1
    assert 1 <= outcome.reached <= 7


def test_an_outcome_is_reached_only_with_its_figure_and_every_claim():
    assert not OUTCOME.is_reached
    assert replace(OUTCOME, reached=0.001).is_reached
    assert not replace(OUTCOME, reached=0.001, findings={"a claim": False}).is_reached
    assert replace(OUTCOME, lower_is_better=False).is_reached


def test_the_command_writes_a_figure_for_every_name_and_says_what_was_not_reached(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DAYAHEAD_HOME", str(tmp_path / "home"))

    def run(folder, report, course):
        report(OUTCOME.curve[0])
        picture = folder / "drawn.png"
        picture.write_bytes(b"drawn")
        return replace(OUTCOME, reached=0.5 + 0.2 * course.seed, pictures=[picture])

    monkeypatch.setattr(attention_tasks, "TASKS", {"attention_mlp": (run, Course(4, 1, 4, 0.1))})
    monkeypatch.setattr("sys.argv", ["attention_tasks", "--out", str(tmp_path), "--only", "attention_mlp", "--seeds", "2"])

    code = attention_tasks.main()

    result = json.loads((tmp_path / "attention_tasks.json").read_text())["attention_mlp"]
    assert (result["metric"], result["published"], result["bar"], result["reached"]) == ("test MSE", None, 0.0017, 0.7)
    assert [seed["reached"] for seed in result["seeds"]] == [0.5, 0.7]
    assert code == 1
    assert "NO" in capsys.readouterr().out


def test_a_run_is_kept_in_a_file_where_no_server_is_set(tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"drawn")

    with tracked(Settings(tracking_url=""), tmp_path) as (client, artifacts):
        run_id = log_outcome(client, artifacts, replace(OUTCOME, pictures=[picture]), seconds=1.5)
        run = client.get_run(run_id)
        experiment = client.get_experiment(run.info.experiment_id).name
        files = [file.path for file in client.list_artifacts(run_id)]

    assert (tmp_path / "mlflow.db").exists()
    assert experiment == "attention_tasks/attention_mlp"
    assert run.data.metrics["reached"] == 0.5
    assert run.data.metrics["x"] == 2.0
    assert run.data.params["batch"] == "4"
    assert sorted(files) == ["findings.json", "picture.png"]
