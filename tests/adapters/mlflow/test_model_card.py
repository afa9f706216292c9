"""The model card."""

from PIL import Image

from pipeline.adapters.mlflow.model_card import render_card, stack_pictures, with_pictures, without_pictures
from tests.fixtures.training import BETTER, NOISE, evaluation

FACTS = {
    "architecture": "gru_attention",
    "cutoff": "2026-02-14T00:00:00+00:00",
    "sites": 2,
    "group": "",
    "days": 40,
    "step_minutes": 60,
    "rows": 1920,
    "test_days": "14 days, 2026-01-31 to 2026-02-13",
    "champion": "3",
    "dataset": "file:///readings.parquet",
    "quarantined": "nothing",
    "ladder": "none",
    "commit": "abc",
    "peaks": {
        "site-1": {"actual": 42e9, "q05": 33e9, "q50": 38.5e9, "q95": 41e9},
        "site-0": {"actual": 5e6, "q05": 4e6, "q50": 5e6, "q95": 6e6},
    },
    "unit": "bit/s",
}


def cells(card: str) -> list[list[str]]:
    """Rows of the card's tables, without the padding that the registry's page needs."""
    lines = [line for line in card.replace("&ensp;", "").replace("&emsp;", "").splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_card_compares_the_challenger_with_champion_lightgbm_and_naive():
    rows = cells(render_card(evaluation(champion=NOISE), FACTS))

    figures = ["0.200", "0.150", "0.800", "0.500", "0.790", "0.900"]
    assert ["champion", *figures, "0.980 (0.900 – 1.060)"] in rows
    assert ["lightgbm", *figures, "0.980 (0.900 – 1.060)"] in rows
    assert ["seasonal_naive_week", *figures, "0.800 (0.700 – 0.900)"] in rows
    assert ["challenger", *figures, "–"] in rows
    assert len({row[0] for row in rows if row[0] != "---"}) == len([row for row in rows if row[0] != "---"]), "a row is repeated"


def test_card_begins_with_the_change_against_the_champion_and_colours_what_got_worse():
    judged = evaluation(champion=NOISE)
    judged["models"]["champion"] = judged["models"]["champion"] | {"mase_day": 0.7, "coverage80": 0.7}
    card = render_card(judged, FACTS)

    rows = cells(card)
    assert card.index("Change against version 3, the champion") < card.index("Worst sites") < card.index("**Judged**")
    assert ["WQL", "0.150", "0.150", "⚪ -2.0% (-10.0% to +6.0%)"] in rows
    assert ["MASE", "0.700", "0.800", "🔴 +0.100"] in rows
    assert ["coverage 80 %", "0.700", "0.790", "🟢 -0.090"] in rows
    assert ["WQL", "0.150", "0.150", "🔴 +20.0% (+10.0% to +30.0%)"] in cells(render_card(evaluation(champion=[1.2, 1.1, 1.3]), FACTS))


def test_card_tells_how_well_the_peak_of_a_day_is_known_beside_the_champion():
    judged = evaluation(champion=NOISE)
    judged["models"]["champion"]["peak"] = {"pinball": 0.09, "below50": 0.5, "coverage80": 0.7}
    judged["models"]["challenger"]["peak"] = {"pinball": 0.07, "below50": 0.5, "coverage80": 0.79}

    rows = cells(render_card(judged, FACTS))

    assert ["peak: error", "0.090", "0.070", "🟢 -0.020"] in rows
    assert ["peak: coverage 80 %", "0.700", "0.790", "🟢 -0.090"] in rows
    assert not [row for row in rows if row[0].startswith("volume")]


def test_card_of_a_first_version_begins_with_the_change_against_the_best_naive():
    card = render_card(evaluation(), FACTS | {"champion": None})

    assert "**Change against seasonal_naive_week**" in card
    assert ["WAPE", "0.200", "0.200", "🟢 -20.0% (-30.0% to -10.0%)"] in cells(card)


def test_card_says_what_the_gate_says_and_whose_place_is_at_stake():
    first = FACTS | {"champion": None}

    assert "**The gate would promote** this `gru_attention` in the place of version 3 — better: " in render_card(
        evaluation(champion=BETTER), FACTS
    )
    assert "**The gate would not promote** this `gru_attention` in the place" in render_card(evaluation(champion=NOISE), FACTS)
    assert "this `gru_attention` as the first champion — " in render_card(evaluation(), first)


def test_card_sets_the_worst_sites_beside_the_champion_and_counts_those_that_lose():
    judged = evaluation(champion=BETTER)
    judged["models"]["champion"] = judged["models"]["champion"] | {"wape_by_site": {"site-0": 0.2, "site-1": 0.25, "a|b": 0.1}}

    card = render_card(judged, FACTS)

    assert "**Worst sites** by WAPE, 1 of 2 sites are worse than with the champion." in card
    assert ["site", "WAPE", "champion", "change", "highest reading", "forecast for it"] in cells(card)
    assert ["site-1", "0.300", "0.250", "🔴 +0.050", "🔴 42.0 Gbit/s", "38.5 Gbit/s (33.0 – 41.0 Gbit/s)"] in cells(card)
    assert ["site-0", "0.100", "0.200", "🟢 -0.100", "🟢 5.00 Mbit/s", "5.00 Mbit/s (4.00 – 6.00 Mbit/s)"] in cells(card)


def test_card_of_a_version_shows_a_picture_that_is_left_out_elsewhere(tmp_path):
    card = with_pictures("# card", "run-1", "http://mlflow/#/pictures")

    assert "](get-artifact?path=figures%2Fcard.png&run_uuid=run-1)" in card
    assert "[All pictures](http://mlflow/#/pictures)" in without_pictures(card)
    assert "get-artifact" not in without_pictures(card)


def test_pictures_are_stacked_to_the_width_of_the_page(tmp_path):
    for name, size in (("a", (1400, 600)), ("b", (350, 100))):
        Image.new("RGB", size, "red").save(tmp_path / f"{name}.png")

    whole = stack_pictures([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "card.png")

    with Image.open(whole) as opened:
        assert opened.size == (700, 300 + 200)


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

    assert "&lt;b&gt;/x" in card
    assert "<b>" not in card


def test_card_says_what_it_was_mixed_from_what_learning_every_day_is_worth_and_which_covariates_it_uses():
    judged = evaluation(champion=NOISE) | {"shares": {"companion": 0.22, "networks": 0.78}, "covariates": ["device_num", "dxcc_usage"]}
    judged["models"]["frozen"] = judged["models"]["lightgbm"] | {"wape": 0.25}

    card = render_card(judged, FACTS | {"worth": {"mean_week": 1.0125, "dxcc_usage": 0.61}})

    assert "**On those days:** Mixed from 78 % networks, 22 % LightGBM. It learns every day" in card
    assert "without: `device_num`, `dxcc_usage` 0.610, `mean_week` 1.012 (not used)." in card
    assert [row[0] for row in cells(card)][-5:] == ["challenger", "frozen", "champion", "lightgbm", "seasonal_naive_week"]
    without = render_card(evaluation(), FACTS)
    assert "On those days" not in without
    assert "Beside the readings" not in without
