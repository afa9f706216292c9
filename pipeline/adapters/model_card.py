"""The model card: what a reviewer needs to say yes or no, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.core.evaluation.gate import CHALLENGER, CHAMPION, decide, ratio_of
from pipeline.core.evaluation.review import sites_by_error

TEMPLATES = Path(__file__).parents[2] / "mlflow"
FIGURES = ("wape", "wql", "mase_day", "coverage50", "coverage80", "coverage90")
WORST_SITES = 5
UNKNOWN = "–"


def render_card(evaluation: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the card of a challenger.

    Args:
        evaluation: Result of the backtest.
        facts: What was trained on what: ``architecture``, ``cutoff``, ``sites``, ``days``, ``step_minutes``, ``rows``, ``test_days``,
            ``dataset``, ``quarantined``, ``ladder``, ``commit``.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    judged = evaluation["models"]
    names = [name for name in (CHALLENGER, CHAMPION) if name in judged] + sorted(set(judged) - {CHALLENGER, CHAMPION})
    return environment.get_template("model_card.md.j2").render(
        facts,
        decision=decide(evaluation),
        models=[{"name": name} | {key: _number(judged[name].get(key)) for key in FIGURES} for name in names],
        ratios=[{"rival": name} | {key: _interval(evaluation, name, key) for key in ("wql", "wape")} for name in names[1:]],
        worst=_worst_sites(evaluation),
        calibration=_calibration(judged[CHALLENGER]),
    )


def _worst_sites(evaluation: Mapping[str, Any]) -> list[dict[str, str]]:
    errors = evaluation["models"][CHALLENGER].get("wape_by_site", {})
    return [{"site": name.replace("|", "/"), "wape": _number(errors[name])} for name in sites_by_error(evaluation)[:WORST_SITES]]


def _calibration(figures: Mapping[str, Any]) -> str:
    found = figures.get("coverage80")
    if found is None or found != found:
        return "coverage is not known."
    verdict = "as promised" if 0.75 <= found <= 0.85 else ("too narrow: trust the outer quantiles less" if found < 0.75 else "too wide")
    return f"of the actuals {found:.0%} fell into the 80 % interval ({verdict})."


def _number(value: float | None) -> str:
    return UNKNOWN if value is None or value != value else f"{value:.3f}"


def _interval(evaluation: Mapping[str, Any], rival: str, metric: str) -> str:
    ratio = ratio_of(evaluation, CHALLENGER, rival, metric)
    return UNKNOWN if ratio is None else f"{ratio.value:.3f} ({ratio.low:.3f} – {ratio.high:.3f})"
