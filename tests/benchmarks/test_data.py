"""The benchmarks of the data plane, small: every path runs, the figures are there."""

import json

from benchmarks import data, scale


def test_a_path_is_measured_beside_its_peer(tmp_path, capsys):
    out = tmp_path / "data.json"

    data.main(["--rows", "5000", "--only", "load_new,extract,publish_again", "--out", str(out)])

    found = json.loads(out.read_text())
    assert list(found) == ["load_new", "extract", "publish_again"]
    assert all(figures["seconds"] > 0 and figures["peak_mb"] > 0 and figures["ratio"] > 0 for figures in found.values())
    assert found["publish_again"]["blocked_ms"] > 0
    assert "20 × execute_values" in capsys.readouterr().out


def test_figures_of_several_rounds_are_medians_and_say_what_the_first_touch_costs(tmp_path, capsys):
    out = tmp_path / "data.json"

    data.main(["--rows", "2000", "--only", "load_new,extract", "--no-peers", "--repeat", "3", "--out", str(out)])

    for name, figures in json.loads(out.read_text()).items():
        rounds = [each["seconds"] for each in figures["rounds"]]
        assert figures["seconds"] == sorted(rounds)[1]
        assert figures["first_round"] == rounds[0] / (sum(rounds[1:]) / 2)
        assert ("first_call" in figures) == (name == "extract")
    assert "median of 3 rounds" in capsys.readouterr().out


def test_a_daily_run_is_measured_step_by_step(tmp_path):
    out = tmp_path / "scale.json"

    scale.main(["--sites", "6", "--days", "10", "--out", str(out)])

    (found,) = json.loads(out.read_text())
    assert set(found["seconds"]) == {"extract", "validate", "features", "forecast", "publish"}
    assert found["peak_mb"] > 0


def test_a_run_ten_times_as_long_for_ten_times_the_sites_has_exponent_one():
    assert scale.exponent({"seconds": {"x": 2.0}, "sites": 10}, {"seconds": {"x": 20.0}, "sites": 100}) == 1.0
