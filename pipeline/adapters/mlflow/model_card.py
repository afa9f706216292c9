"""The model card: what a reviewer needs to say yes or no, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.core.evaluation.gate import CHALLENGER, CHAMPION, FROZEN, best_naive, decide, ratio_of
from pipeline.core.evaluation.quantity import interval, quantity
from pipeline.core.evaluation.review import sites_by_error
from pipeline.core.evaluation.scoring import COMPARED
from pipeline.core.learning.mixture import tell

TEMPLATES = Path(__file__).parents[3] / "mlflow"
FIGURES = ("wape", "wql", "mase_day", "coverage50", "coverage80", "coverage90")
NAMES = ("WAPE", "WQL", "MASE", "coverage 50 %", "coverage 80 %", "coverage 90 %")
PROMISED = {"coverage50": 0.5, "coverage80": 0.8, "coverage90": 0.9}
PLANNED = ("peak", "volume")  # of a day
BETTER, WORSE, SAME = "🟢", "🔴", "⚪"
NOTICED = 0.005  # a smaller change of a figure is none
WORST_SITES, SITE_WIDTH = 5, 60
UNKNOWN = "–"
PICTURE = "![what it forecast for its worst site, and what it looked at]("
WIDTH = 700  # pixels, of the picture on a version's page


def render_card(evaluation: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the card of a challenger: the change against what would go on without it comes first.

    Args:
        evaluation: Result of the backtest.
        facts: What was trained on what: ``architecture``, ``chosen`` (settings that somebody gave it), ``cutoff``, ``sites``, ``days``,
            ``step_minutes``, ``rows``, ``test_days``, ``dataset``, ``quarantined``, ``ladder``, ``commit``; ``champion``, the version
            judged beside it (None for none); ``peaks``, the highest reading of each of the worst sites and its forecast; ``unit``;
            ``worth`` of each covariate that validation was asked about.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    judged = evaluation["models"]
    rival = CHAMPION if CHAMPION in judged else best_naive(evaluation)
    first = [name for name in (CHALLENGER, FROZEN, CHAMPION) if name in judged]
    worse, compared = _worse_sites(judged)
    return environment.get_template("model_card.md.j2").render(
        facts,
        decision=decide(evaluation),
        chosen=facts.get("chosen", ""),
        rival=rival,
        changes=_changes(evaluation, rival) if rival else [],
        models=[
            [name, *(_number(judged[name].get(key)) for key in FIGURES), _interval(evaluation, name)]
            for name in first + sorted(set(judged) - set(first))
        ],
        worst=_worst_sites(evaluation, rival, facts["peaks"], facts["unit"]),
        worse=worse,
        compared=compared,
        calibration=_calibration(judged[CHALLENGER]),
        mixture=_mixture(evaluation.get("shares", {})),
        covariates=_covariates(evaluation.get("covariates", []), facts.get("worth", {})),
    )


def with_pictures(card: str, run_id: str, page: str) -> str:
    """Return the card with the picture ``figures/card.png`` of its MLflow run, and a link to the page of all of them.

    The picture's address is relative, so that it shows whatever name the server is reached by, behind the same login.
    """
    return f"{card}\n\n[All pictures]({page})\n\n{PICTURE}get-artifact?path=figures%2Fcard.png&run_uuid={run_id})\n"


def without_pictures(card: str) -> str:
    """Return the card as it can be shown outside MLflow."""
    return card.split(PICTURE)[0]


def stack_pictures(pictures: Sequence[Path], path: Path) -> Path:
    """Write the pictures into one, below each other and ``WIDTH`` pixels wide: a version's page shows a picture in its full size."""
    from PIL import Image

    shown = []
    for picture in pictures:
        with Image.open(picture) as opened:
            shown.append(opened.convert("RGB").resize((WIDTH, opened.height * WIDTH // opened.width), Image.Resampling.LANCZOS))
    whole = Image.new("RGB", (WIDTH, sum(part.height for part in shown)), "white")
    top = 0
    for part in shown:
        whole.paste(part, (0, top))
        top += part.height
    whole.save(path)
    return path


def _changes(evaluation: Mapping[str, Any], rival: str) -> list[list[str]]:
    """Figure, the rival's, the challenger's, and the change with its colour."""
    own, other = evaluation["models"][CHALLENGER], evaluation["models"][rival]
    rows = []
    for key, name in zip(FIGURES, NAMES, strict=True):
        ratio = ratio_of(evaluation, CHALLENGER, rival, key) if key in COMPARED else None
        if ratio is not None:
            colour = BETTER if ratio.high < 1 else WORSE if ratio.low > 1 else SAME
            change = f"{colour} {ratio.value - 1:+.1%} ({ratio.low - 1:+.1%} to {ratio.high - 1:+.1%})"
        else:
            change = _change(_miss(key, own.get(key)), _miss(key, other.get(key)))
        rows.append([name, _number(other.get(key)), _number(own.get(key)), change])
    for planned in PLANNED:
        mine, theirs = (side.get(planned) or {} for side in (own, other))
        for key, name in (("pinball", f"{planned}: error"), ("coverage80", f"{planned}: coverage 80 %")):
            values = theirs.get(key), mine.get(key)
            if None not in values:
                rows.append([name, *map(_number, values), _change(_miss(key, values[1]), _miss(key, values[0]))])
    return rows


def _miss(key: str, value: float | None) -> float | None:
    """How bad a figure is: an error is so by itself, a coverage by its distance from what was promised."""
    return value if value is None or key not in PROMISED else abs(value - PROMISED[key])


def _change(own: float | None, other: float | None) -> str:
    if own is None or other is None or own != own or other != other:
        return UNKNOWN
    return f"{SAME if abs(own - other) < NOTICED else BETTER if own < other else WORSE} {own - other:+.3f}"


def _worst_sites(evaluation: Mapping[str, Any], rival: str | None, peaks: Mapping[str, Any], unit: str) -> list[list[str]]:
    """Name, the challenger's WAPE, the rival's, the change; the highest reading and what was forecast for it."""
    own, other = (evaluation["models"].get(name or "", {}).get("wape_by_site", {}) for name in (CHALLENGER, rival))
    rows = []
    for site in sites_by_error(evaluation)[:WORST_SITES]:
        errors = [_number(own[site]), _number(other.get(site)), _change(own[site], other.get(site))]
        rows.append([site.replace("|", "/")[:SITE_WIDTH], *errors, *_peak(peaks.get(site), unit)])
    return rows


def _peak(peak: Mapping[str, float] | None, unit: str) -> tuple[str, str]:
    if peak is None:
        return UNKNOWN, UNKNOWN
    inside = peak["q05"] <= peak["actual"] <= peak["q95"]
    said = f"{quantity(peak['q50'], unit)} ({interval(peak['q05'], peak['q95'], unit)})"
    return f"{BETTER if inside else WORSE} {quantity(peak['actual'], unit)}", said


def _worse_sites(judged: Mapping[str, Any]) -> tuple[int, int]:
    """At how many sites the challenger's error is above the champion's, and at how many the two can be compared."""
    own, champion = (judged.get(name, {}).get("wape_by_site", {}) for name in (CHALLENGER, CHAMPION))
    both = [(own[site], champion[site]) for site in own if own[site] is not None and champion.get(site) is not None]
    return sum(mine > theirs for mine, theirs in both), len(both)


def _calibration(figures: Mapping[str, Any]) -> str:
    found = figures.get("coverage80")
    if found is None or found != found:
        return "coverage is not known."
    verdict = "as promised" if 0.75 <= found <= 0.85 else ("too narrow: trust the outer quantiles less" if found < 0.75 else "too wide")
    return f"of the actuals {found:.0%} fell into the 80 % interval ({verdict})."


def _mixture(shares: Mapping[str, float]) -> str:
    """Shares of the experts on the test days, in words; empty where nothing learns."""
    ordered = sorted(shares.items(), key=lambda each: -each[1])
    return tell([{"expert": name, "share": share, "level": 1.0} for name, share in ordered])


def _covariates(used: Sequence[str], worth: Mapping[str, float]) -> str:
    """Covariates that are used and those that were asked in vain, each with what it was worth where it was asked."""
    names = sorted({*used, *worth}, key=lambda name: (name not in used, worth.get(name, 0.0), name))
    figures = [f" {worth[name]:.3f}" if name in worth else "" for name in names]
    return ", ".join(f"`{name}`{figure}{'' if name in used else ' (not used)'}" for name, figure in zip(names, figures, strict=True))


def _number(value: float | None) -> str:
    return UNKNOWN if value is None or value != value else f"{value:.3f}"


def _interval(evaluation: Mapping[str, Any], rival: str) -> str:
    """Return the challenger's loss over a rival's, with its interval."""
    ratio = ratio_of(evaluation, CHALLENGER, rival)
    return UNKNOWN if ratio is None else f"{ratio.value:.3f} ({ratio.low:.3f} – {ratio.high:.3f})"
