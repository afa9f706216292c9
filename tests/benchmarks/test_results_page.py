from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.results_page import DEFAULT, PAGE, RUNS, means, plot_ratios, quoted, read_runs, shown, table, whole_days, write_page

RUN = "2026-11-21-0a1b2c3"


def entry(wql: float, **ratios: float) -> dict[str, Any]:
    figures = {"wape": wql * 2, "wql": wql, "coverage80": 0.8, "covered_share": 1.0, "train_seconds": 3.2}
    over = {name: {metric: [ratio, ratio - 0.1, ratio + 0.1] for metric in ("wape", "wql")} for name, ratio in ratios.items()}
    return figures | {"spread": {"wape": [wql, wql * 3], "wql": [wql, wql]}, "ratios": over}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs: an older one of ESnet with a wrong LightGBM, and a newer one."""
    leave(tmp_path / "2026-11-20-ffffff0" / "esnet.json", {"lightgbm": entry(0.9), "nhits": entry(0.3)})
    naives = {"seasonal_naive_day": entry(0.25), "seasonal_naive_week": entry(0.22)}
    leave(tmp_path / RUN / "esnet.json", {"lightgbm": entry(0.16), DEFAULT: entry(0.15, lightgbm=0.9), **naives})
    leave(tmp_path / RUN / "nasa.json", {"lightgbm": entry(0.2), DEFAULT: entry(0.1, lightgbm=0.4)})
    leave(tmp_path / RUN / "nasa-cutoff18.json", {DEFAULT: entry(0.7)})
    return tmp_path


def leave(file: Path, models: dict[str, Any], seeds: int = 3, test_days: int = 28) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"data": {"test_days": test_days, "seeds": seeds}, "models": models}))


def test_newest_run_of_each_set_and_model_is_quoted_the_best_first(runs: Path):
    found = [(each.set, each.model, each.run) for each in read_runs(runs)]

    naives = [("esnet", "seasonal_naive_week", RUN), ("esnet", "seasonal_naive_day", RUN)]
    assert found[:5] == [("esnet", DEFAULT, RUN), ("esnet", "lightgbm", RUN), *naives, ("esnet", "nhits", "2026-11-20-ffffff0")]
    assert found[5:] == [("nasa", DEFAULT, RUN), ("nasa", "lightgbm", RUN)]


def test_a_run_of_fewer_seeds_adds_models_and_replaces_none(runs: Path):
    leave(runs / "2026-11-22-eeeeee0" / "esnet.json", {"lightgbm": entry(0.8), "mstl": entry(0.5)}, seeds=1)

    found = {each.model: each for each in read_runs(runs) if each.set == "esnet"}

    assert (found["lightgbm"].run, found["lightgbm"].over["wql"][0]) == (RUN, 0.9)
    assert found["mstl"].over == {"wape": [pytest.approx(0.3)], "wql": [pytest.approx(0.3)]}


def test_what_ran_apart_has_an_interval_where_both_told_their_days_and_no_ratio_on_other_steps(tmp_path: Path):
    days = {"daily_loss": {metric: [1.0, 2.0, 3.0] for metric in ("wape", "wql")}}
    others = {"daily_loss": {metric: [2.0, 4.0, 7.0] for metric in ("wape", "wql")}}
    leave(tmp_path / RUN / "esnet.json", {DEFAULT: entry(0.1) | days})
    leave(tmp_path / RUN / "nasa.json", {DEFAULT: entry(0.1) | days})
    leave(
        tmp_path / "2026-11-22-eeeeee0" / "esnet.json", {"mstl": entry(0.2) | others, "nhits": entry(0.2) | {"covered_share": 0.9}}, seeds=1
    )
    leave(tmp_path / "2026-11-22-eeeeee0" / "nasa.json", {"mstl": entry(0.2) | others}, seeds=1, test_days=14)

    over = {(each.set, each.model): each.over for each in read_runs(tmp_path)}

    value, low, high = over["esnet", "mstl"]["wql"]
    assert value == pytest.approx(6 / 13)
    assert low < value < high
    assert over["esnet", "nhits"] == over["nasa", "mstl"] == {}


def test_table_has_intervals_and_of_the_naives_the_best(runs: Path):
    lines = table(shown(read_runs(runs))).splitlines()

    assert lines[2] == "| ESnet: 8 links, hourly | **`gru_attention`** | .3000 (.1500–.4500) | .1500 | 1 | 80% | 3 |"
    assert lines[3] == "|  | `lightgbm` | .3200 (.1600–.4800) | .1600 | 0.900 (0.800–1.000) | 80% | 3 |"
    assert lines[5] == "|  | `nhits` | .6000 (.3000–.9000) | .3000 | 0.500 | 80% | 3 |"
    assert [line.split("`")[1] for line in lines[2:]] == [DEFAULT, "lightgbm", "seasonal_naive_week", "nhits", DEFAULT, "lightgbm"]


def test_means_are_geometric_over_the_sets_that_have_a_ratio(runs: Path):
    assert "| `lightgbm` | 2 | 0.600 | 0.600 |" in means(read_runs(runs))


def test_means_begin_with_the_peer_that_is_treated_alike(runs: Path):
    leave(runs / "2026-11-22-eeeeee0" / "esnet.json", {"lightgbm_bag": entry(0.8)})

    assert means(read_runs(runs)).splitlines()[2].startswith("| `lightgbm_bag` | 1 |")


def test_whole_days_are_told_beside_what_quantiles_alone_would_say(tmp_path: Path):
    told = {"pinball": 0.03, "below50": 0.52, "coverage80": 0.79}
    peers = dict.fromkeys(("peak_of_quantiles", "sum_of_quantiles", "total_of_quantiles"), told | {"pinball": 0.06})
    risks = {"risk": {"brier": 0.09}, "risk_of_steps": {"brier": 0.1}, "total_if_independent": told | {"pinball": 0.04}}
    leave(tmp_path / RUN / "esnet.json", {DEFAULT: entry(0.1) | {"peak": told, "volume": told, "total": told} | peers | risks})

    lines = whole_days(read_runs(tmp_path)).splitlines()

    assert lines[2] == "| ESnet: 8 links, hourly | 0.50 | 52% | 79% | 0.50, 79% | 0.75, 79% | 0.90 |"


def test_runs_are_named_with_what_they_hold(runs: Path):
    assert "\n- `benchmarks/results/2026-11-20-ffffff0`: esnet; `nhits`; 3 seeds, 28 test days.\n" in quoted(read_runs(runs))


def test_page_is_filled_where_it_says_so_and_stays_as_it_is_elsewhere(runs: Path, tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- made by benchmarks.results_page: means -->\nold\n<!-- end -->\nafter\n")

    write_page(page, read_runs(runs))
    once = page.read_text()
    write_page(page, read_runs(runs))

    assert "old" not in once
    assert (once.splitlines()[0], once.splitlines()[-1]) == ("before", "after")
    assert page.read_text() == once


def test_ratios_are_drawn(runs: Path, tmp_path: Path):
    plot_ratios(tmp_path / "ratios.png", shown(read_runs(runs)))

    assert (tmp_path / "ratios.png").read_bytes().startswith(b"\x89PNG")


def test_tables_of_the_page_are_those_of_the_runs_in_the_repository(tmp_path: Path):
    copy = tmp_path / "results.md"
    copy.write_text(PAGE.read_text())

    write_page(copy, read_runs(RUNS))

    assert copy.read_text() == PAGE.read_text()
