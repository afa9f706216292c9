"""Tables and pictures of docs/results.md, made from the runs in benchmarks/results: nothing in them is typed by hand.

python -m benchmarks.results_page

A run is a folder ``DATE-COMMIT`` with a JSON file per set, written by ``python -m benchmarks.quality DATA benchmarks/results/DATE-COMMIT``;
``make results DATA=folder`` does both. Of each set and model the run with the most seeds is quoted, and of these the newest. What ran
apart from the default model is compared with it where both forecast the same steps.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from pipeline.core.evaluation.bootstrap import ratio_interval
from pipeline.core.evaluation.plots import COLOURS, MARKERS, plot_reliability

PROJECT = Path(__file__).parents[1]
RUNS, PAGE, PICTURES = PROJECT / "benchmarks" / "results", PROJECT / "docs" / "results.md", PROJECT / "docs" / "pictures"
DEFAULT = "gru_attention"
ALIKE = "lightgbm_bag"  # the peer that is given what the default is given
NAIVES = ("seasonal_naive_mean", "seasonal_naive_day", "seasonal_naive_week")
NAMES = {
    "esnet": "ESnet: 8 links, hourly",
    "muenster": "Münster: bicycles, 15 min",
    "milan": "Milan: cells, hourly",
    "nasa": "NASA: requests, 5 min",
    "cortez": "Cortez: one ISP, 5 min",
    "worldcup98": "World Cup 98: requests, 10 min",
}
MARK = re.compile(r"(<!-- made by benchmarks.results_page: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Figures:
    """What a run says of a model on a set.

    Args:
        set: Name of the set.
        model: Name of the model.
        run: ``DATE-COMMIT``.
        data: What was read and how it was divided.
        entry: The model's figures, keys as in docs/backtest.md.
        over: WQL and WAPE of the default over this model's, with their 95 % intervals where they are known; empty where the two did not
            forecast the same steps.
    """

    set: str
    model: str
    run: str
    data: dict[str, Any]
    entry: dict[str, Any]
    over: dict[str, list[float]]


def read_runs(folder: Path) -> list[Figures]:
    """Return the figures of each set and model that are quoted: sets as in ``NAMES``, models from the lowest WQL to the highest."""
    quotable: dict[tuple[str, str], Figures] = {}
    for file in sorted(folder.glob("*/*.json")):
        if file.stem not in NAMES:
            continue
        found = json.loads(file.read_text())
        ratios = found["models"].get(DEFAULT, {}).get("ratios", {})
        for model, entry in found["models"].items():
            each = Figures(file.stem, model, file.parent.name, found["data"], entry, ratios.get(model, {}))
            before = quotable.get((each.set, model), each)
            quotable[each.set, model] = each if each.data["seeds"] >= before.data["seeds"] else before
    compared = [_compared(each, quotable.get((each.set, DEFAULT))) for each in quotable.values()]
    return sorted(compared, key=lambda each: (list(NAMES).index(each.set), each.entry["wql"]))


def shown(runs: list[Figures]) -> list[Figures]:
    """Return what the page shows: of the three seasonal naives, the best of each set."""
    best = {each.set: each.model for each in reversed(runs) if each.model in NAIVES}
    return [each for each in runs if each.model not in NAIVES or best[each.set] == each.model]


def table(runs: list[Figures]) -> str:
    """Return the table of sets and models."""
    lines = [
        f"| set | model | WAPE | WQL | {DEFAULT} over it: WQL (95 %) | 80 % covers | fit, s |",
        "|---|---|---|---|---|---|---|",
    ]
    told = ""
    for each in runs:
        name, told = (NAMES[each.set] if each.set != told else ""), each.set
        model = f"**`{each.model}`**" if each.model == DEFAULT else f"`{each.model}`"
        seconds = each.entry.get("train_seconds")
        cells = [name, model, _spread(each, "wape"), _spread(each, "wql"), _interval(each), f"{each.entry['coverage80']:.0%}"]
        lines.append("| " + " | ".join([*cells, "" if seconds is None else f"{seconds:.0f}"]) + " |")
    return "\n".join([*lines, ""])


def means(runs: list[Figures]) -> str:
    """Return the geometric mean over sets of the default's error over each other model's; first the peer that is treated alike."""
    lines = [f"| {DEFAULT} over | sets | WAPE | WQL |", "|---|---|---|---|"]
    for model in dict.fromkeys(_peer(each) for each in sorted(runs, key=lambda each: each.model != ALIKE) if each.over):
        same = [each.over for each in runs if _peer(each) == model and each.over]
        both = [float(np.exp(np.mean([np.log(over[metric][0]) for over in same]))) for metric in ("wape", "wql")]
        lines.append(f"| {model} | {len(same)} | {both[0]:.3f} | {both[1]:.3f} |")
    return "\n".join([*lines, ""])


def whole_days(runs: list[Figures]) -> str:
    """Return the table of what the default says of days as a whole, beside maxima and sums of its own quantiles."""
    lines = [
        "| set | peak: loss over the largest quantile's | at or below its median | 80 % covers | volume: loss, 80 % covers | "
        "total: loss, 80 % covers | risk: Brier over the largest step's |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in runs:
        if each.model != DEFAULT or "peak" not in each.entry:
            continue
        of, peak = each.entry, each.entry["peak"]
        total = _against(of, "total", "total_of_quantiles", "total_if_independent") if "total" in of else "one site"
        risk = f"{of['risk']['brier'] / of['risk_of_steps']['brier']:.2f}"
        cells = [_against(of, "peak", "peak_of_quantiles").split(",")[0], f"{peak['below50']:.0%}", f"{peak['coverage80']:.0%}"]
        lines.append("| " + " | ".join([NAMES[each.set], *cells, _against(of, "volume", "sum_of_quantiles"), total, risk]) + " |")
    return "\n".join([*lines, ""])


def quoted(runs: list[Figures]) -> str:
    """Return which runs the figures come from, an item of a list each."""
    lines = []
    for run in sorted({each.run for each in runs}, reverse=True):
        of_run = [each for each in runs if each.run == run]
        sets, models = (list(dict.fromkeys(getattr(each, field) for each in of_run)) for field in ("set", "model"))
        days, seeds = (sorted({each.data[key] for each in of_run}) for key in ("test_days", "seeds"))
        item = (
            f"- `benchmarks/results/{run}`: {', '.join(sets)}; {', '.join(f'`{model}`' for model in sorted(models))}; "
            f"{_several(seeds)} {'seed' if seeds == [1] else 'seeds'}, {_several(days)} test days."
        )
        lines.append(fill(item, 140, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    return "\n".join([*lines, ""])


def plot_ratios(path: Path, runs: list[Figures]) -> None:
    """Write the default's WQL over each other model's, with its interval, a row for each set."""
    compared = [each for each in runs if each.over]
    sets, models = list(dict.fromkeys(each.set for each in compared)), list(dict.fromkeys(_peer(each) for each in compared))
    figure = Figure(figsize=(9, 1.2 + 0.22 * len(compared) + 0.25 * len(sets)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(1, color="#8c8c8c", linewidth=1)
    row, ticks = 0.0, []
    for name in sets:
        of_set = [each for each in compared if each.set == name]
        ticks.append((row + (len(of_set) - 1) / 2, NAMES[name]))
        for each in of_set:
            value, *interval = each.over["wql"]
            low, high = interval or (value, value)
            place = models.index(_peer(each))
            style = {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
            axes.errorbar(value, row, xerr=[[value - low], [high - value]], capsize=2, linewidth=1.4, markersize=5, **style)
            row += 1
        row += 1
    for place, model in enumerate(models):
        axes.plot([], [], COLOURS[place % len(COLOURS)], marker=MARKERS[place % len(MARKERS)], linestyle="", label=model.strip("`"))
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.set_ylim(row - 1.5, -0.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"WQL of {DEFAULT} over the other's, 95 % interval over test days\nleft of 1: {DEFAULT} is better")
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def write_page(page: Path, runs: list[Figures]) -> None:
    """Put the tables in the places that the page marks for them."""
    made = {"table": table(shown(runs)), "means": means(shown(runs)), "days": whole_days(shown(runs)), "runs": quoted(runs)}
    page.write_text(MARK.sub(lambda place: f"{place[1]}\n{made[place[2]]}\n{place[3]}", page.read_text()))


def _against(entry: dict[str, Any], name: str, *peers: str) -> str:
    """Pinball loss of a quantity over the best of its peers', and what its 80 % interval covered."""
    ratio = entry[name]["pinball"] / min(entry[peer]["pinball"] for peer in peers)
    return f"{ratio:.2f}, {entry[name]['coverage80']:.0%}"


def _compared(each: Figures, default: Figures | None) -> Figures:
    """Return the figures with the default's over them, also where the two ran apart."""
    if each.over or default is None or each.model == DEFAULT or not _same_steps(each, default):
        return each
    return replace(each, over={metric: _ratio(default.entry, each.entry, metric) for metric in ("wape", "wql")})


def _same_steps(*both: Figures) -> bool:
    one, other = ({key: value for key, value in each.data.items() if key != "seeds"} for each in both)
    return one == other and all(each.entry["covered_share"] == 1 for each in both)


def _ratio(one: dict[str, Any], other: dict[str, Any], metric: str) -> list[float]:
    """Return one's error over the other's, with its interval where both runs told the losses of their days."""
    if "daily_loss" in one and "daily_loss" in other:
        return list(ratio_interval(*(np.array(entry["daily_loss"][metric]) for entry in (one, other))))
    return [one[metric] / other[metric]]


def _peer(each: Figures) -> str:
    return "best seasonal naive" if each.model in NAIVES else f"`{each.model}`"


def _spread(each: Figures, metric: str) -> str:
    value, (low, high) = each.entry[metric], each.entry["spread"][metric]
    return _short(value) + (f" ({_short(low)}–{_short(high)})" if low != high else "")


def _interval(each: Figures) -> str:
    if each.model == DEFAULT:
        return "1"
    value, *interval = [f"{figure:.3f}" for figure in each.over.get("wql", [])] or [""]
    return value + (f" ({'–'.join(interval)})" if interval else "")


def _short(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _several(values: list[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]} to {values[-1]}"


def main() -> None:
    runs = read_runs(RUNS)
    write_page(PAGE, runs)
    plot_ratios(PICTURES / "ratios.png", shown(runs))
    defaults = {NAMES[each.set]: list(each.entry["reliability"].values()) for each in runs if each.model == DEFAULT}
    plot_reliability(PICTURES / "calibration.png", defaults, title=f"{DEFAULT}: share of actuals below each quantile")


if __name__ == "__main__":
    main()
