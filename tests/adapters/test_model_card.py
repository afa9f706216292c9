"""The model card."""

from pipeline.adapters.model_card import render_card
from tests.fixtures.training import BETTER, NOISE, evaluation

FACTS = {
    "architecture": "gru_attention",
    "cutoff": "2026-02-14T00:00:00+00:00",
    "sites": 2,
    "days": 40,
    "step_minutes": 60,
    "rows": 1920,
    "test_days": "14 days, 2026-01-31 to 2026-02-13",
    "dataset": "file:///readings.parquet",
    "quarantined": "nothing",
    "ladder": "none",
    "commit": "abc",
}


def test_card_compares_the_challenger_with_champion_lightgbm_and_naive():
    lines = render_card(evaluation(champion=NOISE), FACTS).splitlines()

    assert "| champion | 0.980 (0.900 – 1.060) | 0.980 (0.900 – 1.060) |" in lines
    assert "| lightgbm | 0.980 (0.900 – 1.060) | 0.980 (0.900 – 1.060) |" in lines
    assert "| seasonal_naive_week | 0.800 (0.700 – 0.900) | 0.800 (0.700 – 0.900) |" in lines
    assert [line for line in lines if line.startswith("| challenger | 0.200 | 0.150 |")]


def test_card_says_what_the_gate_says():
    assert "**Gate:** would promote — better: " in render_card(evaluation(champion=BETTER), FACTS)
    assert "**Gate:** would not promote — not better: " in render_card(evaluation(champion=NOISE), FACTS)


def test_card_says_whether_intervals_can_be_trusted():
    judged = evaluation()

    judged["models"]["challenger"]["coverage80"] = 0.6
    assert "60% fell into the 80 % interval (too narrow" in render_card(judged, FACTS)
    judged["models"]["challenger"]["coverage80"] = 0.95
    assert "95% fell into the 80 % interval (too wide)" in render_card(judged, FACTS)


def test_card_keeps_a_sites_name_from_breaking_the_page():
    judged = evaluation()
    judged["models"]["challenger"]["wape_by_site"] = {"<b>|x": 0.5}

    card = render_card(judged, FACTS)

    assert "| &lt;b&gt;/x | 0.500 |" in card
