from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from pipeline.core.evaluation.whole_days import FEWEST_DAYS, Days, figures, limits_of, planned
from pipeline.core.models.contract import QUANTILES
from pipeline.core.scenarios.paths import PAST_DAYS
from tests.fixtures.grids import make_grid

SITES, STEPS = 3, 24


def days_of(count: int, seed: int = 0, unknown: int = 0) -> Days:
    """Days whose actuals share a level, under quantiles that are right step by step."""
    rng = np.random.default_rng(seed)
    noise = 0.6 * rng.standard_normal((count, 1, 1)) + 0.8 * rng.standard_normal((count, SITES, STEPS))
    quantiles = np.broadcast_to(100 + 10 * ndtri(np.array(QUANTILES)), (count, SITES, STEPS, 7)).astype(np.float32)
    past = np.concatenate([np.full((PAST_DAYS, SITES, STEPS), np.nan), noise]).astype(np.float32)
    return Days(
        quantiles, 100 + 10 * noise, np.ones((count, SITES, STEPS), bool), np.full(SITES, unknown), lambda day: past[day : day + PAST_DAYS]
    )


def test_peaks_volumes_and_totals_cover_what_they_say_where_their_plain_peers_do_not() -> None:
    days = days_of(160)

    found = planned(days, 40, days.observed[40:], np.full((120, SITES), 120.0)).to_json()

    for name in ("peak", "volume", "total"):
        assert 0.72 < found[name]["coverage80"] < 0.88, name
        assert 0.40 < found[name]["below50"] < 0.60, name
    assert found["peak_of_quantiles"]["below50"] < 0.2
    assert found["peak"]["pinball"] < 0.8 * found["peak_of_quantiles"]["pinball"]
    assert found["volume"]["pinball"] < found["sum_of_quantiles"]["pinball"]
    assert found["total"]["pinball"] < min(found[peer]["pinball"] for peer in ("total_of_quantiles", "total_if_independent"))


def test_the_risk_of_a_day_can_be_taken_at_its_word_where_that_of_its_largest_step_cannot() -> None:
    days = days_of(400)

    found = planned(days, 40, days.observed[40:], np.full((360, SITES), 122.0)).to_json()

    site_days, said, came = (np.array(found["risk"][name]) for name in ("site_days", "said", "came"))
    many = site_days > 100
    assert many.sum() >= 2
    assert np.abs(said - came)[many].max() < 0.08 * site_days[many].max()
    assert abs(said.sum() - came.sum()) < 0.05 * site_days.sum()
    assert found["risk"]["brier"] < 0.9 * found["risk_of_steps"]["brier"]
    assert sum(found["risk_of_steps"]["said"]) < 0.5 * came.sum()


def test_a_capacity_for_the_risk_is_a_level_of_the_peaks_that_are_known() -> None:
    grid = make_grid(sites=2, days=40)
    later = replace(grid, throughput=grid.throughput.copy())
    later.throughput[:, 30:] *= 5
    later.throughput[1, 29] *= 5

    found, same = (limits_of(each, range(30, 40), np.array([0, 6])) for each in (grid, later))

    assert np.isclose(found[0, 0], np.quantile(grid.throughput[0, 2:30].max(axis=1), 0.8))
    assert np.array_equal(found[0], same[0]), "yesterday's evening is not known of the second site"
    assert np.isnan(limits_of(grid, range(3, 12), np.zeros(2)))[: FEWEST_DAYS - 3].all()


def test_no_day_knows_what_comes_at_or_after_its_cutoff() -> None:
    days = days_of(40, unknown=6)
    changed = replace(days, actual=days.actual.copy())
    changed.actual[35:] *= 3
    changed.actual[34, :, -6:] *= 3

    before, after = (planned(each, 30, each.observed[30:], np.full((10, SITES), 120.0)) for each in (days, changed))

    for name in ("peak", "volume", "total"):
        assert np.array_equal(before.quantiles[name][:6], after.quantiles[name][:6]), name
    for name in ("peak", "volume"):
        assert not np.array_equal(before.quantiles[name][6], after.quantiles[name][6]), name


def test_one_site_has_no_total_and_a_lost_day_does_not_count() -> None:
    days = days_of(20)
    alone = Days(
        days.quantiles[:, :1], days.actual[:, :1], days.observed[:, :1].copy(), days.unknown_steps[:1], lambda day: days.errors(day)[:, :1]
    )
    alone.observed[12, 0, :13] = False

    found = planned(alone, 10, alone.observed[10:], np.full((10, 1), 120.0))

    assert sorted(found.to_json()) == ["peak", "peak_of_quantiles", "risk", "risk_of_steps", "sum_of_quantiles", "volume"]
    assert np.isnan(found.actual["peak"][2, 0])
    assert np.isfinite(found.actual["peak"][[0, 1, 3]]).all()


def test_figures_are_those_of_a_loop() -> None:
    rng = np.random.default_rng(3)
    actual, quantiles = rng.gamma(2, 5, (9, 2)), np.sort(rng.gamma(2, 5, (9, 2, 7)), axis=-1)
    actual[4, 1] = np.nan

    found = figures(quantiles, actual)

    by_site = []
    for site in range(2):
        there = [day for day in range(9) if np.isfinite(actual[day, site])]
        losses = [
            max(q * (actual[d, site] - v), (q - 1) * (actual[d, site] - v))
            for d in there
            for q, v in zip(QUANTILES, quantiles[d, site], strict=True)
        ]
        by_site.append(np.mean(losses) / np.mean(actual[there, site]))
    assert np.isclose(found["pinball"], np.mean(by_site))
    known = [(actual[d, s], quantiles[d, s]) for d in range(9) for s in range(2) if np.isfinite(actual[d, s])]
    assert np.isclose(found["below50"], np.mean([y <= q[3] for y, q in known]))
    assert np.isclose(found["coverage80"], np.mean([q[1] <= y <= q[5] for y, q in known]))
