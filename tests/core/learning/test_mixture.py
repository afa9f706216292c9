from pipeline.core.learning.mixture import attended, tell


def row(expert: str, share: float, level: float = 1.0) -> dict:
    return {"expert": expert, "share": share, "level": level}


def test_sentence_names_the_shares_and_the_level():
    found = tell([row("networks", 0.61), row("mixture site", 0.33, 1.24), row("seasonal_naive_week", 0.04), row("companion", 0.02)])

    assert (
        found == "Mixed from 61 % networks, 33 % mixture at the site's level, 6.0 % others; the level of the last days moves it by +7.9 %."
    )


def test_a_level_below_half_a_per_cent_is_not_spoken_of_and_nothing_is_said_of_nothing():
    assert tell([row("mixture", 1.0, 1.001)]) == "Mixed from 100 % mixture."
    assert tell([]) == ""


def test_attention_explains_the_networks_share_and_their_part_of_the_mixture():
    rows = [row("mixture", 0.4), row("networks", 0.2), row("mixture site", 0.2), row("networks first site", 0.1), row("companion", 0.1)]

    assert attended(rows) == "Attention is the networks': it explains 30 % of this forecast, and their part in the mixture's 60 %."
    assert attended([row("networks", 1.0)]) == "Attention is the networks': it explains 100 % of this forecast."
    assert attended([row("daily_gru_dot", 0.9), row("seasonal_naive_day", 0.1)]) == ""
