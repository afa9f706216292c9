import numpy as np
import pytest

from pipeline.core.evaluation.backtest import backtest, spans_of
from pipeline.core.evaluation.cost import measured
from pipeline.errors import DataError, ModelError
from tests.fixtures.grids import make_grid

TREES = {"trees": 10, "most_rows": 1000, "leaves": 7}
NAIVES = {"seasonal_naive_day": {}, "seasonal_naive_week": {}}


def test_spans_follow_each_other_up_to_the_last_day():
    spans = spans_of(100, test_days=28, validation_days=14)

    assert (spans.split.train, spans.split.validation, spans.test) == (range(1, 58), range(58, 72), range(72, 100))


def test_a_short_history_gives_at_most_a_third_of_it_to_validation():
    spans = spans_of(52, test_days=28, validation_days=14)

    assert (spans.split.train, spans.split.validation, spans.test) == (range(1, 16), range(16, 24), range(24, 52))


def test_spans_refuse_a_history_that_leaves_less_than_a_week_to_learn_from():
    with pytest.raises(DataError, match="30 days of history leave 1 to learn from after 28 test days"):
        spans_of(30, test_days=28, validation_days=14)
    with pytest.raises(DataError, match="leave 0 to learn from"):
        spans_of(10, test_days=28, validation_days=14)


def test_backtest_fits_each_model_per_seed_and_a_rule_once():
    grid, lines = make_grid(sites=2, days=60), []

    result = backtest(
        grid, NAIVES | {"lightgbm": TREES}, spans_of(60, 14, 7), seeds=range(2), report=lambda name, seed, line: lines.append((name, seed))
    )

    assert {name: len(seeds) for name, seeds in result.forecasts.items()} == {
        "seasonal_naive_day": 1,
        "seasonal_naive_week": 1,
        "lightgbm": 2,
    }
    assert set(lines) == {("lightgbm", 0), ("lightgbm", 1)}
    low, high = result.scores.spread("lightgbm")["wape"]
    assert low < high


def test_backtest_result_holds_data_and_models_with_their_costs():
    grid = make_grid(sites=2, days=60)

    found = backtest(grid, NAIVES, spans_of(60, 14, 7)).to_json({"file": "x.csv"})

    assert found["data"] == {"file": "x.csv"}
    assert {"wape", "train_seconds", "forecast_seconds", "peak_mb"} <= set(found["models"]["seasonal_naive_day"])
    assert found["models"]["seasonal_naive_day"]["peak_mb"] > 10


@pytest.mark.parametrize("unknown_steps", [0, 6])
def test_backtest_forecasts_and_learns_as_if_all_after_a_cutoff_were_unknown(unknown_steps):
    grid = make_grid(sites=2, days=60)
    spans = spans_of(60, 14, 7)
    whole = backtest(grid, {"lightgbm": TREES}, spans, unknown_steps=unknown_steps).forecasts["lightgbm"][0]
    grid.throughput[:, 50:] = 1e9
    grid.throughput[:, 49, grid.shape[2] - unknown_steps :] = 1e9

    again = backtest(grid, {"lightgbm": TREES}, spans, unknown_steps=unknown_steps).forecasts["lightgbm"][0]

    known = whole.origins.day <= 50
    np.testing.assert_array_equal(whole.quantiles[known], again.quantiles[known])
    assert (whole.quantiles[~known] != again.quantiles[~known]).any()


def test_an_earlier_cutoff_hides_the_last_steps_from_every_forecast():
    grid = make_grid(sites=2, days=60)

    result = backtest(grid, NAIVES, spans_of(60, 14, 7), unknown_steps=6)

    assert (result.forecasts["seasonal_naive_day"][0].origins.unknown_steps == 6).all()


def test_backtest_refuses_an_unknown_model():
    with pytest.raises(ModelError, match="unknown model 'magic'"):
        backtest(make_grid(days=60), {"magic": {}}, spans_of(60, 14, 7))


def test_measured_counts_the_memory_of_the_work_and_its_seconds():
    with measured() as idle:
        pass
    with measured() as cost:
        held = np.ones(20_000_000)  # 160 MB
    assert held.size

    assert cost.peak_mb > idle.peak_mb + 100
    assert cost.seconds > 0
