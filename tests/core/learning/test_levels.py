import numpy as np

from pipeline.core.learning.levels import added, empty_sums, level_of, log_ratios


def test_the_factor_found_is_the_one_that_loses_least():
    rng = np.random.default_rng(0)
    median, actual = rng.uniform(1, 9, (1, 48)), rng.uniform(1, 9, (1, 48))

    found = float(np.exp(log_ratios(actual, np.ones((1, 48), bool), median)[0]))

    tried = np.linspace(0.2, 4, 4000)
    losses = [np.abs(actual - factor * median).sum() for factor in tried]
    assert abs(found - tried[int(np.argmin(losses))]) < 0.01


def test_one_burst_does_not_move_the_level():
    median = np.full((2, 24), 10.0)
    actual = median * 1.1
    actual[1, 7] = 1e6

    calm, burst = log_ratios(actual, np.ones((2, 24), bool), median)

    assert calm == burst


def test_an_outage_and_a_day_hardly_observed_say_nothing_of_the_level():
    median, actual = np.full((2, 24), 10.0), np.full((2, 24), 12.0)
    actual[0, :20] = 0.0
    observed = np.ones((2, 24), bool)
    observed[1, 4:] = False

    assert np.isnan(log_ratios(actual, observed, median)).all()


def test_a_step_up_is_believed_after_a_few_days_and_noise_is_not():
    step, noise = empty_sums(), empty_sums()
    for day in range(12):
        step = added(step, np.float64(0.5 if day >= 8 else 0.0), 0.7)
        noise = added(noise, np.float64(0.5 if day % 2 else -0.5), 0.7)

    assert level_of(step) > 0.3
    assert abs(level_of(noise)) < 0.05
