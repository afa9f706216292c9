from pipeline.core.learning.mixture import tell


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
