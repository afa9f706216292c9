import json

import numpy as np
import pytest

from pipeline.core.evaluation import scoring
from pipeline.core.evaluation.bootstrap import ratio_interval
from pipeline.core.evaluation.scoring import score
from pipeline.core.models import create
from pipeline.core.models.contract import MEDIAN, QUANTILES, Forecast, Origins
from pipeline.errors import DataError
from tests.fixtures.grids import make_grid

DAYS = range(30, 44)


@pytest.fixture(scope="module")
def grid():
    return make_grid(sites=3, days=44, noise=0.2, missing=0.05)


@pytest.fixture(scope="module")
def naives(grid):
    origins = Origins.every(3, DAYS)
    names = ("seasonal_naive_day", "seasonal_naive_week", "seasonal_naive_mean")
    return {name: create(name).forecast(grid, origins) for name in names}


def almost_right(grid, error=0.01):
    origins = Origins.every(3, DAYS)
    actual = grid.throughput[origins.site, origins.day]
    return Forecast(origins, (actual[..., None] * (1 + error * np.arange(-3, 4))).astype(np.float32))


def test_score_has_every_documented_key_and_is_plain_json(grid, naives):
    found = json.loads(json.dumps(score(grid, naives, DAYS).to_json(), allow_nan=False))

    entry = found["seasonal_naive_day"]
    scalars = {
        "wape",
        "wape_site_median",
        "wql",
        "mase_day",
        "mase_week",
        "coverage50",
        "coverage80",
        "coverage90",
        "bias",
        "covered_share",
    }
    lists = {"wape_by_site", "wape_by_step", "reliability", "coverage80_by_week", "daily_loss"}
    assert set(entry) == scalars | lists | {"ratios", "seeds", "spread"}
    assert set(entry["ratios"]) == {"seasonal_naive_week", "seasonal_naive_mean", "seasonal_naive"}
    assert set(entry["ratios"]["seasonal_naive"]) == {"wape", "wql"}
    assert set(entry["wape_by_site"]) == {"site-0", "site-1", "site-2"}
    assert len(entry["wape_by_step"]) == 24


def test_ratios_can_be_made_again_from_the_losses_of_the_days(grid, naives):
    found = score(grid, naives, DAYS).to_json()

    losses = (np.array(found[name]["daily_loss"]["wql"]) for name in ("seasonal_naive_day", "seasonal_naive_week"))
    assert list(ratio_interval(*losses)) == found["seasonal_naive_day"]["ratios"]["seasonal_naive_week"]["wql"]


def test_a_fleet_scored_in_parts_has_the_figures_of_the_whole(grid, naives, monkeypatch):
    whole = score(grid, naives, DAYS)
    monkeypatch.setattr(scoring, "SITES_AT_ONCE", 2)

    assert score(grid, naives, DAYS).to_json() == whole.to_json()


def test_a_better_forecast_has_a_ratio_below_one_and_a_positive_gain(grid, naives):
    scores = score(grid, naives | {"challenger": almost_right(grid)}, DAYS)

    assert scores.ratio("challenger", "seasonal_naive", "wape").high < 0.5
    assert scores.gain("challenger", "seasonal_naive_week").low > 0.5
    assert scores.gain("seasonal_naive_week", "challenger").high < 0


def test_seasonal_naive_is_the_better_of_day_and_week_by_the_metric_asked_for(grid, naives):
    scores = score(grid, naives, DAYS)

    better = min(scores.figures(name)["wql"] for name in ("seasonal_naive_day", "seasonal_naive_week"))

    assert scores.ratio("seasonal_naive_mean", "seasonal_naive").value == pytest.approx(
        scores.figures("seasonal_naive_mean")["wql"] / better
    )


def test_models_are_compared_on_the_steps_that_all_of_them_forecast(grid, naives):
    partial = almost_right(grid)
    partial.quantiles[partial.origins.site == 1] = np.nan
    keep = [0, 2]

    scores = score(grid, {"partial": partial, "day": naives["seasonal_naive_day"]}, DAYS)

    forecast = naives["seasonal_naive_day"].quantiles[..., MEDIAN].reshape(len(DAYS), 3, -1)[:, keep]
    actual = grid.throughput[keep, DAYS.start : DAYS.stop].swapaxes(0, 1)
    there = grid.observed[keep, DAYS.start : DAYS.stop].swapaxes(0, 1)
    assert scores.figures("day")["wape"] == pytest.approx(np.abs(actual - forecast)[there].sum() / actual[there].sum(), rel=1e-5)
    assert scores.figures("day")["covered_share"] == 1
    assert 0.6 < scores.figures("partial")["covered_share"] < 0.7
    assert scores.to_json()["day"]["wape_by_site"]["site-1"] is None


def test_unobserved_actuals_do_not_move_the_score(grid, naives):
    before = score(grid, naives, DAYS).to_json()
    hidden = ~grid.observed[:, DAYS.start : DAYS.stop]
    grid.throughput[:, DAYS.start : DAYS.stop][hidden] = 1e9

    after = score(grid, naives, DAYS).to_json()

    grid.throughput[:, DAYS.start : DAYS.stop][hidden] = 0
    assert after == before


def test_several_seeds_give_their_mean_and_their_spread(grid, naives):
    seeds = [almost_right(grid, 0.01), almost_right(grid, 0.05)]

    scores = score(grid, naives | {"seeded": seeds}, DAYS)

    low, high = scores.spread("seeded")["wql"]
    assert low < high
    assert scores.figures("seeded")["wql"] == pytest.approx((low + high) / 2)
    assert len(scores.to_json()["seeded"]["seeds"]) == 2


def test_origins_may_come_in_any_order_and_reach_beyond_the_test_days(grid, naives):
    origins = Origins.every(3, range(DAYS.start - 2, DAYS.stop))
    shuffled = np.random.default_rng(0).permutation(len(origins))
    mixed = Origins(origins.site[shuffled], origins.day[shuffled], origins.unknown_steps[shuffled])

    found = score(grid, {"day": create("seasonal_naive_day").forecast(grid, mixed)}, DAYS)

    assert found.figures("day")["wape"] == score(grid, {"day": naives["seasonal_naive_day"]}, DAYS).figures("day")["wape"]


def test_no_seasonal_naive_ratio_where_one_of_the_two_is_missing(grid, naives):
    alone = {"seasonal_naive_day": naives["seasonal_naive_day"]}

    assert score(grid, alone, DAYS).to_json()["seasonal_naive_day"]["ratios"] == {}


def test_score_refuses_days_on_which_nothing_counts(grid):
    nothing = Forecast(Origins.every(3, DAYS), np.full((3 * len(DAYS), 24, len(QUANTILES)), np.nan, np.float32))

    with pytest.raises(DataError, match="no step of the 14 test days from 2026-02-04 on is both observed"):
        score(grid, {"mute": nothing}, DAYS)


def test_wape_site_median_is_nan_where_every_site_is_zero():
    zero = make_grid(sites=2, days=44)
    zero.throughput[:] = 0
    forecast = create("seasonal_naive_day").forecast(zero, Origins.every(2, DAYS))

    entry = score(zero, {"day": forecast}, DAYS).to_json()["day"]

    assert entry["wape"] is None
    assert entry["wape_site_median"] is None
    assert entry["coverage80"] == 1
