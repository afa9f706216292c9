"""The model card: what a reviewer needs to say yes or no, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.core.evaluation.gate import CHALLENGER, CHAMPION, best_naive, decide, ratio_of
from pipeline.core.evaluation.review import sites_by_error

TEMPLATES = Path(__file__).parents[3] / "mlflow"
FIGURES = ("wape", "wql", "mase_day", "coverage50", "coverage80", "coverage90")
WORST_SITES, SITE_WIDTH = 5, 60
UNKNOWN = "–"
PICTURE = "![what it forecast for its worst site, and what it looked at]("
WIDTH = 700  # pixels, of the picture on a version's page


def render_card(evaluation: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return the card of a challenger.

    Args:
        evaluation: Result of the backtest.
        facts: What was trained on what: ``architecture``, ``cutoff``, ``sites``, ``days``, ``step_minutes``, ``rows``, ``test_days``,
            ``dataset``, ``quarantined``, ``ladder``, ``commit``, and ``champion``, the version judged beside it (None for none).
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    judged = evaluation["models"]
    names = [name for name in (CHALLENGER, CHAMPION) if name in judged] + sorted(set(judged) - {CHALLENGER, CHAMPION})
    worse, compared = _worse_sites(judged)
    return environment.get_template("model_card.md.j2").render(
        facts,
        decision=decide(evaluation),
        models=[[name, *(_number(judged[name].get(key)) for key in FIGURES)] for name in names],
        ratios=[[name, *(_interval(evaluation, name, key) for key in ("wql", "wape"))] for name in names[1:]],
        rivals=_beside(evaluation),
        worst=_worst_sites(evaluation),
        worse=worse,
        compared=compared,
        calibration=_calibration(judged[CHALLENGER]),
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


def _worst_sites(evaluation: Mapping[str, Any]) -> list[list[str]]:
    """Name, the challenger's WAPE and that of the models of ``_beside``."""
    columns = [evaluation["models"][name].get("wape_by_site", {}) for name in _beside(evaluation)]
    worst = sites_by_error(evaluation)[:WORST_SITES]
    return [[site.replace("|", "/")[:SITE_WIDTH], *(_number(column.get(site)) for column in columns)] for site in worst]


def _beside(evaluation: Mapping[str, Any]) -> list[str]:
    """Names of the columns beside the worst sites."""
    others = (CHAMPION, best_naive(evaluation))
    return [CHALLENGER, *(name for name in others if name and name in evaluation["models"])]


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


def _number(value: float | None) -> str:
    return UNKNOWN if value is None or value != value else f"{value:.3f}"


def _interval(evaluation: Mapping[str, Any], rival: str, metric: str) -> str:
    ratio = ratio_of(evaluation, CHALLENGER, rival, metric)
    return UNKNOWN if ratio is None else f"{ratio.value:.3f} ({ratio.low:.3f} – {ratio.high:.3f})"
