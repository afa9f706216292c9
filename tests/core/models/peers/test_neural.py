import sys

import numpy as np
import pytest

from pipeline.core.models import create, load
from pipeline.core.models.contract import FitOptions, Origins, Split
from pipeline.core.models.peers.neural import filled_past, history_of, windows_as_rows
from pipeline.errors import ModelError
from tests.fixtures.grids import make_grid

NAMES = ("nhits", "patchtst", "tft")


@pytest.mark.parametrize("name", NAMES)
def test_a_peer_says_where_it_runs_where_its_library_is_missing(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "neuralforecast", None)

    with pytest.raises(ModelError, match=r"run it with \.venv-peers/bin/python, which make peers makes"):
        create(name).fit(make_grid(), Split(range(1, 30), range(30, 40)), FitOptions())


@pytest.mark.parametrize("name", NAMES)
def test_a_peer_refuses_to_forecast_unfitted_and_to_be_stored(name, tmp_path):
    with pytest.raises(ModelError, match="fit it first"):
        create(name).forecast(make_grid(), Origins.every(3, range(35, 36)))
    with pytest.raises(ModelError, match="pickles"):
        create(name).save(tmp_path)
    (tmp_path / "config.json").write_text(f'{{"name": "{name}"}}')
    with pytest.raises(ModelError, match="never saved"):
        load(tmp_path)


def test_history_ends_where_asked_and_masks_holes():
    grid = make_grid(sites=3, days=40, missing=0.2)
    grid.observed[1] = False

    rows = history_of(grid, 30)

    assert sorted(rows["unique_id"].unique()) == ["000000", "000002"]
    assert len(rows) == 2 * 30 * 24
    np.testing.assert_array_equal(rows["available_mask"].to_numpy().reshape(2, 30, 24) > 0, grid.observed[[0, 2], :30])


def test_filled_past_keeps_readings_and_fills_from_the_week_before_then_the_day_before():
    grid = make_grid(sites=1, days=40)
    grid.observed[0, 34, 3] = False
    grid.observed[0, [33, 26, 19], 4] = False

    window, known = filled_past(grid, Origins.every(1, range(35, 36)), 14)

    assert known.all()
    assert window[0, 13, 3] == grid.throughput[0, 27, 3]
    assert window[0, 12, 4] == pytest.approx(window[0, 11, 4])
    np.testing.assert_array_equal(window[0, 13, 5:], grid.throughput[0, 34, 5:])


def test_filled_past_looks_at_nothing_unknown_and_marks_silent_sites():
    grid = make_grid(sites=2, days=40)
    grid.observed[1] = False
    before, known = filled_past(grid, Origins.every(2, range(35, 36), 6), 14)
    grid.throughput[0, 34, 18:] = 1e9

    after, _ = filled_past(grid, Origins.every(2, range(35, 36), 6), 14)

    assert known.tolist() == [True, False]
    np.testing.assert_array_equal(after, before)
    assert np.isfinite(after).all()


def test_windows_become_one_series_each():
    rows = windows_as_rows(np.arange(2 * 3 * 4.0).reshape(2, 3, 4), "60min")

    assert rows["unique_id"].nunique() == 2
    assert rows["y"].tolist() == list(range(24))
