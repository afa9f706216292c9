"""The benchmarks of the data plane, small: every path runs, the figures are there."""

import json

from benchmarks import data, scale


def test_every_path_is_measured_beside_its_peer(tmp_path, capsys):
    out = tmp_path / "data.json"
    names = [name for name in data.NAMES if name != "forecast"]  # which would train a model for a minute

    data.main(["--rows", "10000", "--only", ",".join(names), "--out", str(out)])

    found = json.loads(out.read_text())
    assert list(found) == names
    assert all(figures["seconds"] > 0 and figures["peak_mb"] > 0 for figures in found.values())
    assert all((found[name]["ratio"] is None) == (name == "validate") for name in names)
    assert found["publish_again"]["blocked_ms"] > 0
    assert "20 × execute_values" in capsys.readouterr().out


def test_a_fleet_in_shards_is_measured_as_the_whole(tmp_path):
    out = tmp_path / "scale.json"

    scale.main(["--sites", "6,12", "--shard-sites", "6", "--days", "10", "--out", str(out)])

    small, large = json.loads(out.read_text())
    assert (small["shards"], large["shards"]) == (1, 2)
    assert set(small["seconds"]) == {"extract", "validate", "features", "forecast", "publish"}
    assert scale.exponent({"seconds": {"x": 2.0}, "sites": 10}, {"seconds": {"x": 20.0}, "sites": 100}) == 1.0
