"""Input drift: PSI against a loop, planted shifts found, and nothing found where nothing changed."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.core.evaluation.drift import Profile, compare, counts_of, day_features, profile_of, psi, whole_days
from pipeline.core.series.frames import Site
from pipeline.core.series.grid import Grid
from tests.fixtures.grids import make_grid

SITES, DAYS = 12, 63


@pytest.fixture(scope="module")
def trained() -> Grid:
    grid = make_grid(sites=SITES, days=DAYS, seed=1)
    return replace(grid, covariates={"device_num": np.full(grid.throughput.shape, 7.0, np.float32)})


@pytest.fixture(scope="module")
def profile(trained: Grid) -> Profile:
    return profile_of(trained)


def week(seed: int = 2, **changes: np.ndarray) -> Grid:
    grid = make_grid(sites=SITES, days=DAYS, seed=1)
    fresh = make_grid(sites=SITES, days=DAYS, seed=seed)
    # the levels of the sites come first from the generator's seed: bring the fresh noise to the trained levels
    scale = grid.throughput.mean(axis=(1, 2)) / fresh.throughput.mean(axis=(1, 2))
    values = (fresh.throughput * scale[:, None, None])[:, -7:].astype(np.float32)
    last = replace(fresh, first_day=fresh.day_at(DAYS - 7), throughput=values, observed=fresh.observed[:, -7:])
    return replace(last, **{"covariates": {"device_num": np.full(values.shape, 7.0, np.float32)}} | changes)


def drifted(profile: Profile, grid: Grid) -> set[str]:
    return {name for name, found in compare(profile, counts_of(profile, grid)).items() if found["psi"] > max(0.25, found["usual"])}


def test_psi_agrees_with_a_loop():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(10)), rng.dirichlet(np.ones(10))

    expected = 0.0
    for a, b in zip(p, q, strict=True):
        expected += (b - a) * math.log(b / a)
    assert psi(p, q) == pytest.approx(expected)
    assert psi(p, p) == 0


def test_compare_agrees_with_a_loop(profile):
    grid = week()
    found = compare(profile, counts_of(profile, grid))["level"]

    counts = [0] * len(profile.features["level"].shares)
    for i, site in enumerate(grid.sites):
        for day in range(7):
            distance = round(math.log(float(grid.throughput[i, day].astype(float).mean())) - profile.centres["level"][site.name], 9)
            counts[sum(distance >= edge for edge in profile.features["level"].edges)] += 1
    total = sum(counts) + 0.5 * len(counts)
    loop = sum(
        ((c + 0.5) / total - share) * math.log((c + 0.5) / total / share)
        for c, share in zip(counts, profile.features["level"].shares, strict=True)
    )
    assert found["psi"] == pytest.approx(loop)
    assert found["site_days"] == SITES * 7


def test_a_week_like_the_others_has_not_drifted(profile):
    assert drifted(profile, week()) == set()


@pytest.mark.parametrize(
    ("feature", "shift"),
    [
        ("level", lambda grid: {"throughput": grid.throughput * np.float32(1.6)}),
        ("level", lambda grid: {"throughput": grid.throughput * np.float32(0.5)}),
        ("variability", lambda grid: {"throughput": grid.throughput**2}),
        ("shape", lambda grid: {"throughput": np.roll(grid.throughput, 6, axis=2)}),
        ("completeness", lambda grid: {"observed": grid.observed & (np.arange(24) < 18)}),
        ("covariate.device_num", lambda grid: {"covariates": {"device_num": np.full(grid.throughput.shape, 9.0, np.float32)}}),
    ],
    ids=["louder", "quieter", "wilder", "later in the day", "holes", "covariate"],
)
def test_a_planted_shift_is_found_in_its_feature(profile, feature, shift):
    grid = week()

    assert feature in drifted(profile, replace(grid, **shift(grid)))


def test_one_site_of_many_does_not_make_the_fleet_drift(profile):
    values = week().throughput.copy()
    values[0] *= 3

    assert "level" not in drifted(profile, week(throughput=values))


def test_what_is_usual_in_training_is_no_drift():
    grid = make_grid(sites=SITES, days=DAYS, seed=1)
    swell = np.exp(0.6 * np.sin(2 * np.pi * np.arange(DAYS) / 28))[None, :, None].astype(np.float32)  # a monthly tide
    profile = profile_of(replace(grid, throughput=grid.throughput * swell))
    high = make_grid(sites=SITES, days=DAYS, seed=1)
    last = replace(high, throughput=(high.throughput * swell)[:, 3:10], observed=high.observed[:, 3:10])

    found = compare(profile, counts_of(profile, last))["level"]

    assert found["psi"] > 0.25
    assert found["psi"] <= found["usual"]


def test_counts_of_parts_add_up_to_those_of_the_fleet(profile):
    grid, whole = week(), counts_of(profile, week())
    parts = [
        counts_of(
            profile,
            replace(
                grid,
                sites=grid.sites[cut],
                throughput=grid.throughput[cut],
                observed=grid.observed[cut],
                covariates={name: values[cut] for name, values in grid.covariates.items()},
            ),
        )
        for cut in (slice(0, 5), slice(5, None))
    ]

    for name, counts in whole.items():
        assert (parts[0][name] + parts[1][name] == counts).all()


def test_a_site_that_training_did_not_know_counts_nowhere(profile):
    grid = week()
    strangers = replace(grid, sites=tuple(Site(f"new-{i}") for i in range(SITES)))

    assert compare(profile, counts_of(profile, strangers)) == {}


def test_a_profile_survives_json(profile):
    again = Profile.from_json(json.loads(json.dumps(profile.to_json(), allow_nan=False)))

    assert again == profile


def test_day_features_say_nothing_of_a_day_that_is_mostly_missing(trained):
    observed = trained.observed.copy()
    observed[0, 3, :13] = False
    observed[1, :5] = False

    found = day_features(replace(trained, observed=observed, covariates={}))

    assert np.isnan([found["level"][0, 3], found["shape"][0, 3]]).all()
    assert found["completeness"][0, 3] == pytest.approx(11 / 24)
    assert np.isnan(found["completeness"][1, :5]).all()  # before its first reading a site lacks nothing
    assert np.isfinite(found["level"][2]).all()


def test_whole_days_leaves_out_what_is_not_over_in_every_zone(trained):
    sites = (Site("site-0", "Pacific/Auckland"), *trained.sites[1:])
    cutoff = datetime.combine(trained.day_at(30), datetime.min.time(), UTC)

    assert whole_days(trained, cutoff).shape[1] == 30
    assert whole_days(trained, cutoff - timedelta(hours=1)).shape[1] == 29
    assert whole_days(replace(trained, sites=sites), cutoff).shape[1] == 30  # Auckland's day 30 runs for hours already
    assert whole_days(replace(trained, sites=sites), cutoff - timedelta(hours=13)).shape[1] == 29
    last = whole_days(trained, cutoff, 7)
    assert (last.first_day, last.shape[1]) == (trained.day_at(23), 7)
