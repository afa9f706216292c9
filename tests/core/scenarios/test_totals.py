from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.core.models.contract import Forecast, Origins
from pipeline.core.scenarios.day_ahead import drawn, outlook, to_total_frames
from pipeline.core.scenarios.memory import Memory
from pipeline.core.scenarios.totals import MOST_VALUES, Totals
from pipeline.core.series.grid import Grid
from pipeline.errors import DataError
from tests.fixtures.grids import make_grid

N = 9
LABELS = [{"tier": "edge" if i % 3 else "core", "name": f"site {i}"} for i in range(N)]
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata")


def fleet() -> tuple[Grid, Forecast]:
    grid = make_grid(sites=N, days=50, noise=0.3)
    grid = replace(grid, sites=tuple(replace(site, timezone=ZONES[i % 3]) for i, site in enumerate(grid.sites)))
    rng = np.random.default_rng(5)
    quantiles = np.sort(rng.gamma(2.0, 10.0 ** rng.uniform(-3, 8, (N, 1, 1)), (N, 24, 7)), axis=-1).astype(np.float32)
    return grid, Forecast(Origins(np.arange(N), 50 + np.arange(N) % 2, np.zeros(N, np.int64)), quantiles)


def totals_of(grid: Grid, made: Forecast, sites: list[int]) -> Totals:
    return outlook(grid, made.subset(np.array(sites)), LABELS, Memory.empty(len(sites)).advice()).totals


def test_totals_of_four_shards_have_the_bits_of_one(tmp_path: Path) -> None:
    grid, made = fleet()
    whole = to_total_frames(totals_of(grid, made, list(range(N))))

    shards = [totals_of(grid, made, sites) for sites in ([4, 0], [1, 8, 3], [7], [2, 5, 6])]
    for i, shard in enumerate(shards):
        shard.save(tmp_path / f"{i}.safetensors")
    first, *others = (Totals.load(tmp_path / f"{i}.safetensors") for i in range(4))
    for other in others:
        first = first.plus(other)

    for name, frame in to_total_frames(first).items():
        pd.testing.assert_frame_equal(frame, whole[name], check_exact=True)


def test_a_total_is_the_sum_of_the_paths_at_each_instant() -> None:
    grid, made = fleet()
    found = {total.group: total for total in totals_of(grid, made, list(range(N))).each()}

    expected: dict[tuple[int, int], float] = {}
    for part in drawn(grid, made):
        minutes = part.instants.to_numpy("datetime64[m]").astype(int)
        for i, site in enumerate(part.members):
            if LABELS[site]["tier"] == "core":
                for path, at in np.ndindex(part.paths.shape[0], len(minutes)):
                    key = path, minutes[at]
                    expected[key] = expected.get(key, 0.0) + float(part.paths[path, i, at])

    core = found["tier", "core"]
    assert core.sites == 3
    assert set(core.instants) == {minute for _, minute in expected}
    assert np.allclose(core.paths, [[expected[path, minute] for minute in core.instants] for path in range(100)], rtol=1e-6)
    assert found["", ""].sites == N
    assert found["", ""].present.max() < N  # the zones' days do not begin together


def test_a_label_that_names_sites_has_no_totals_however_the_fleet_was_divided() -> None:
    instants = np.arange(0, 120, 60)
    labels = [{"name": str(i)} for i in range(MOST_VALUES + 1)]
    shards = [Totals.of(part, instants, 60) for part in (labels[:40], labels[40:])]

    assert [total.group for total in shards[0].plus(shards[1]).each()] == [("", "")]
    assert [total.group for total in Totals.of(labels, instants, 60).each()] == [("", "")]
    assert len(list(shards[0].each())) == 41


def test_shards_of_different_intervals_have_no_total() -> None:
    with pytest.raises(DataError, match="every 60 and 30 minutes"):
        Totals.of([], np.array([0]), 60).plus(Totals.of([], np.array([0]), 30))


def test_volumes_of_a_day_of_25_hours_have_25_hours() -> None:
    grid = make_grid(sites=1, days=50)
    grid = replace(grid, first_day=date(2026, 9, 5), sites=(replace(grid.sites[0], timezone="Europe/Berlin"),))
    day = grid.index_of(date(2026, 10, 25))
    made = Forecast(Origins(np.array([0]), np.array([day]), np.array([0])), np.full((1, 24, 7), 2.0, np.float32))

    found = outlook(grid, made, [{}], Memory.empty(1).advice())

    assert found.sites["volumes"]["q50"].tolist() == [25 * 3600 * 2.0]
    assert to_total_frames(found.totals)["total_volumes"]["q50"].tolist() == [25 * 3600 * 2.0]
