import numpy as np

from pipeline.core.scenarios.quantities import hourly_peaks, peak_hours, peaks, risk, volumes
from tests.core.scenarios.energy import energy_score

RNG = np.random.default_rng(0)
PATHS = RNG.gamma(2.0, 10.0, (30, 3, 48)).astype(np.float32)


def test_peaks_and_volumes_are_those_of_a_loop_over_steps_that_count() -> None:
    counted = RNG.random((3, 48)) < 0.7
    counted[2] = False

    peak, volume = peaks(PATHS, counted), volumes(PATHS, counted)

    for path in range(30):
        for site in range(2):
            steps = [value for value, there in zip(PATHS[path, site], counted[site], strict=True) if there]
            assert peak[path, site] == max(steps)
            assert np.isclose(volume[path, site], sum(steps), rtol=1e-5)
    assert np.isnan(peak[:, 2]).all()
    assert np.isnan(volume[:, 2]).all()


def test_hours_of_the_peak_and_of_risk_are_those_of_a_loop() -> None:
    hour = np.repeat(np.arange(24), 2)[:46]  # a day of 23 hours
    paths, limit = PATHS[:, :, :46], np.array([40.0, 60.0, 1e9])

    found, chance, likely = risk(paths, limit, hour, 30), peak_hours(paths, hour), hourly_peaks(paths, hour)

    for site in range(3):
        above = paths[:, site] > limit[site]
        assert found["day"][site] == np.mean([path.any() for path in above])
        for h in range(23):
            assert found["hours"][site, h] == np.mean([path[hour == h].any() for path in above])
            assert np.isclose(found["minutes"][site, h], 30 * np.mean([path[hour == h].sum() for path in above]))
            assert chance[site, h] == np.mean([hour[path.argmax()] == h for path in paths[:, site]])
            assert np.isclose(likely[site, h, 12], np.median(paths[:, site, hour == h].max(axis=1)), rtol=1e-5)


def test_the_energy_score_is_that_of_the_double_loop() -> None:
    paths, actual = PATHS[:, 0], PATHS[0, 1]

    near = np.mean([np.linalg.norm(path - actual) for path in paths])
    apart = np.mean([[np.linalg.norm(one - other) for other in paths] for one in paths])

    assert np.isclose(energy_score(paths, actual), near - apart / 2, rtol=1e-4)
