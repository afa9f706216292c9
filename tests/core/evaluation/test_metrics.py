import numpy as np
import pytest

from pipeline.core.evaluation import metrics
from pipeline.core.evaluation.metrics import Errors, errors_of
from pipeline.core.models.contract import MEDIAN, QUANTILES

T, N, S, Q = 3, 2, 4, len(QUANTILES)


@pytest.fixture
def case():
    rng = np.random.default_rng(7)
    actual = rng.normal(5, 3, (T, N, S))
    counted = rng.random((T, N, S)) < 0.7
    quantiles = np.sort(rng.normal(5, 3, (T, N, S, Q)), axis=-1)
    actual[~counted] = np.nan
    return actual, counted, quantiles


def steps_of(counted):
    return [tuple(int(i) for i in at) for at in np.argwhere(counted)]


def test_wape_equals_a_loop_over_counted_steps(case):
    actual, counted, quantiles = case
    absolute = total = 0.0
    for t, n, s in steps_of(counted):
        absolute += abs(actual[t, n, s] - quantiles[t, n, s, MEDIAN])
        total += abs(actual[t, n, s])

    assert metrics.wape(errors_of(actual, counted, quantiles)) == pytest.approx(absolute / total)


def test_weighted_quantile_loss_equals_a_loop_over_levels(case):
    actual, counted, quantiles = case
    losses = []
    for q, level in enumerate(QUANTILES):
        pinball = total = 0.0
        for t, n, s in steps_of(counted):
            miss = actual[t, n, s] - quantiles[t, n, s, q]
            pinball += level * miss if miss > 0 else (level - 1) * miss
            total += abs(actual[t, n, s])
        losses.append(2 * pinball / total)

    assert metrics.weighted_quantile_loss(errors_of(actual, counted, quantiles)) == pytest.approx(sum(losses) / len(losses))


@pytest.mark.parametrize(("key", "low", "high"), [("coverage50", 0.25, 0.75), ("coverage80", 0.10, 0.90), ("coverage90", 0.05, 0.95)])
def test_coverage_equals_a_loop_over_counted_steps(case, key, low, high):
    actual, counted, quantiles = case
    inside = 0
    for t, n, s in steps_of(counted):
        inside += quantiles[t, n, s, QUANTILES.index(low)] <= actual[t, n, s] <= quantiles[t, n, s, QUANTILES.index(high)]

    assert metrics.coverage(errors_of(actual, counted, quantiles))[key] == pytest.approx(inside / counted.sum())


def test_bias_is_positive_where_the_forecast_is_too_high():
    actual, counted = np.full((1, 1, 2), 10.0), np.ones((1, 1, 2), bool)

    errors = errors_of(actual, counted, np.full((1, 1, 2, Q), 12.0))

    assert metrics.bias(errors) == pytest.approx(0.2)


def test_reliability_equals_a_loop_over_counted_steps(case):
    actual, counted, quantiles = case
    below = np.zeros(Q)
    for t, n, s in steps_of(counted):
        for q in range(Q):
            below[q] += actual[t, n, s] <= quantiles[t, n, s, q]

    np.testing.assert_allclose(metrics.reliability(errors_of(actual, counted, quantiles)), below / counted.sum())


def test_wape_by_site_and_by_step_equal_the_pooled_figure_of_each(case):
    actual, counted, quantiles = case
    errors = errors_of(actual, counted, quantiles)

    by_site = [metrics.wape(errors_of(actual[:, [n]], counted[:, [n]], quantiles[:, [n]])) for n in range(N)]
    by_step = [metrics.wape(errors_of(actual[..., [s]], counted[..., [s]], quantiles[..., [s], :])) for s in range(S)]

    np.testing.assert_allclose(metrics.wape_by_site(errors), by_site)
    np.testing.assert_allclose(metrics.wape_by_step(errors), by_step)


def test_seasonal_difference_equals_a_loop_over_pairs_of_observed_steps():
    rng = np.random.default_rng(3)
    throughput, observed = rng.random((2, 10, S)), rng.random((2, 10, S)) < 0.8
    expected = []
    for n in range(2):
        changes = [
            abs(throughput[n, d, s] - throughput[n, d - 7, s])
            for d in range(7, 10)
            for s in range(S)
            if observed[n, d, s] and observed[n, d - 7, s]
        ]
        expected.append(sum(changes) / len(changes))

    np.testing.assert_allclose(metrics.seasonal_difference(throughput, observed, 7), expected)


def test_mase_is_the_mean_over_sites_of_error_over_seasonal_difference(case):
    actual, counted, quantiles = case
    scale = np.array([2.0, 0.5])
    errors = errors_of(actual, counted, quantiles)
    by_site = []
    for n in range(N):
        misses = [abs(actual[t, m, s] - quantiles[t, m, s, MEDIAN]) for t, m, s in steps_of(counted) if m == n]
        by_site.append(sum(misses) / len(misses) / scale[n])

    assert metrics.mase(errors, scale) == pytest.approx(sum(by_site) / N)


def test_mase_leaves_out_sites_that_never_changed(case):
    errors = errors_of(*case)

    alone = errors_of(*(part[:, [0]] for part in case))

    assert metrics.mase(errors, np.array([2.0, 0.0])) == pytest.approx(metrics.mase(alone, np.array([2.0])))
    assert np.isnan(metrics.mase(errors, np.array([np.nan, 0.0])))


def test_figures_are_nan_and_no_warning_where_all_actuals_are_zero():
    errors = errors_of(np.zeros((1, 1, 2)), np.ones((1, 1, 2), bool), np.ones((1, 1, 2, Q)))

    assert np.isnan(metrics.wape(errors))
    assert np.isnan(metrics.weighted_quantile_loss(errors))
    assert np.isnan(metrics.wape_by_site(errors)).all()
    assert metrics.coverage(errors)["coverage80"] == 0


def test_errors_refuse_a_forecast_that_is_nan_where_a_step_counts(case):
    actual, counted, quantiles = case
    quantiles[tuple(steps_of(counted)[0])] = np.nan

    with pytest.raises(ValueError, match="NaN at a step that counts"):
        errors_of(actual, counted, quantiles)


def test_mean_of_seeds_has_the_mean_of_their_figures(case):
    actual, counted, quantiles = case
    several = [errors_of(actual, counted, quantiles), errors_of(actual, counted, quantiles + 1)]

    mean = Errors.mean(several)

    assert metrics.wape(mean) == pytest.approx(np.mean([metrics.wape(errors) for errors in several]))
    assert metrics.coverage(mean)["coverage80"] == pytest.approx(np.mean([metrics.coverage(errors)["coverage80"] for errors in several]))
