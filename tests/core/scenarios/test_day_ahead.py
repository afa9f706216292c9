from datetime import date

import numpy as np
import pandas as pd

from pipeline.core.models.contract import QUANTILE_COLUMNS, Forecast, Origins
from pipeline.core.models.peers.seasonal_naive import SeasonalNaiveMean
from pipeline.core.scenarios.day_ahead import Outlook, outlook
from pipeline.core.scenarios.dependence import error_scores
from pipeline.core.scenarios.memory import Memory
from pipeline.core.scenarios.paths import PAST_DAYS
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import to_grid
from tests.fixtures.grids import make_grid

GRID = make_grid(sites=5, days=60, noise=0.2)
ORIGINS = Origins.every(5, range(60, 61), 6)


def planned(grid, made: Forecast) -> Outlook:
    return outlook(
        grid, made, [{"tier": "edge" if i % 2 else "core"} for i in range(len(grid.sites))], Memory.empty(len(made.origins)).advice()
    )


def peak_quantiles(grid, made: Forecast) -> np.ndarray:
    return planned(grid, made).sites["peaks"].set_index("site")[list(QUANTILE_COLUMNS)].to_numpy()


def test_scores_are_ranks_of_the_naive_errors_that_are_known() -> None:
    found = error_scores(GRID, ORIGINS)

    assert found.shape == (PAST_DAYS, 5, GRID.shape[2])
    assert np.isnan(found[-1, :, -6:]).all()
    y, step = GRID.throughput[2], 9
    errors = [y[day, step] - (y[day - 1, step] + y[day - 7, step]) / 2 for day in range(60 - PAST_DAYS, 60)]
    assert np.array_equal(np.argsort(found[:, 2, step]), np.argsort(errors))


def test_a_peak_lies_above_the_largest_median_and_is_the_same_in_any_shard() -> None:
    made = SeasonalNaiveMean().forecast(GRID, ORIGINS)

    whole = peak_quantiles(GRID, made)
    parts = [peak_quantiles(GRID, made.subset(np.array(sites))) for sites in ([0, 3], [1, 2, 4])]

    assert (np.diff(whole, axis=1) >= 0).all()
    assert (whole[:, 3] > made.quantiles[..., 3].max(axis=1)).all()
    assert np.array_equal(np.concatenate(parts)[np.argsort([0, 3, 1, 2, 4])], whole)


def test_nothing_at_or_after_the_cutoff_matters() -> None:
    made = SeasonalNaiveMean().forecast(GRID, ORIGINS)
    later = GRID.throughput.copy()
    later[:, 59, -6:] *= 5
    changed = type(GRID)(**(GRID.__dict__ | {"throughput": later}))

    assert np.array_equal(peak_quantiles(changed, made), peak_quantiles(GRID, made))


def test_an_hour_that_the_day_does_not_have_makes_no_peak() -> None:
    ts = pd.date_range("2026-03-01", "2026-03-28 22:00", freq="h", tz="UTC")
    grid = to_grid(pd.DataFrame({"site": "s", "ts": ts, "throughput": 10.0}), (Site("s", "Europe/Berlin"),))
    day = grid.index_of(date(2026, 3, 29))  # 02:00 is skipped
    quantiles = np.full((1, 24, 7), 10.0, np.float32)
    quantiles[0, 2] = 99.0

    found = planned(grid, Forecast(Origins(np.array([0]), np.array([day]), np.array([0])), quantiles)).sites["peaks"]

    assert found["q95"].tolist() == [10.0]
    assert len(found["hour_probability"][0]) == 23
    assert found["target_day"].tolist() == [date(2026, 3, 29)]


def test_a_site_with_three_days_and_one_without_any_still_have_peaks() -> None:
    observed = GRID.observed.copy()
    observed[0, :57] = observed[1] = False
    young = type(GRID)(**(GRID.__dict__ | {"observed": observed}))

    found = peak_quantiles(young, SeasonalNaiveMean().forecast(GRID, ORIGINS))

    assert np.isfinite(found).all()
