import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import FitOptions, Origins, Split
from pipeline.errors import ModelError
from tests.fixtures.grids import make_grid

SMALL = {"trees": 30, "rate": 0.1, "leaves": 7, "most_rows": 4000}
ORIGINS = Origins.every(3, range(70, 76))


@pytest.fixture(scope="module")
def grid():
    return make_grid(sites=3, days=84, noise=0.2)


@pytest.fixture(scope="module")
def fitted(grid):
    bag = create("lightgbm_bag", **SMALL)
    bag.fit(grid, Split(range(1, 60), range(60, 70)), FitOptions())
    return bag


def test_bag_restores_from_its_folder_without_a_pickle(grid, fitted, tmp_path):
    fitted.save(tmp_path)

    again = load(tmp_path).forecast(grid, ORIGINS)

    np.testing.assert_array_equal(again.quantiles, fitted.forecast(grid, ORIGINS).quantiles)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")]


def test_bag_of_seeds_errs_less_than_its_members(grid, fitted):
    actual = grid.throughput[ORIGINS.site, ORIGINS.day]
    bag, *members = (np.abs(actual - model.forecast(grid, ORIGINS).quantiles[..., 3]).sum() for model in (fitted, *fitted._members))

    assert bag < np.mean(members)


def test_quantiles_ascend_and_are_not_negative(grid, fitted):
    quantiles = fitted.forecast(grid, ORIGINS).quantiles

    assert (np.diff(quantiles, axis=-1) >= 0).all()
    assert (quantiles >= 0).all()


def test_a_short_history_is_learnt_whole_and_rehearsed_before(grid, fitted):
    long = make_grid(sites=3, days=260, noise=0.2)
    other = create("lightgbm_bag", **SMALL)
    other.fit(long, Split(range(1, 240), range(240, 250)), FitOptions())

    assert sorted(fitted.rehearsal.said) == list(range(60, 70))
    assert other.rehearsal is None


def test_a_folder_without_a_member_is_refused(fitted, tmp_path):
    fitted.save(tmp_path)
    (tmp_path / "member1" / "config.json").unlink()

    with pytest.raises(ModelError, match="no readable lightgbm"):
        load(tmp_path)
