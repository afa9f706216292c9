"""Which days a forecaster learns from, stops on and is judged by."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.core.models.contract import Split
from pipeline.errors import DataError

SHORTEST_HISTORY_DAYS = 10


@dataclass(frozen=True)
class Spans:
    """Spans of target-day indexes in the order of time: ``split.train``, ``split.validation``, ``test``."""

    split: Split
    test: range


def split_days(days: int, test_days: int, validation_days: int) -> Spans:
    """Return the last days for testing, those before them for validation, all earlier ones (but the first) for training.

    A history too short for the spans asked for gives a fifth of its days to each of the two instead.

    Args:
        days: Days of history, all of them known.
        test_days: Days wanted for the test.
        validation_days: Days wanted for validation.

    Raises:
        DataError: There are fewer than ``SHORTEST_HISTORY_DAYS`` days.
    """
    if days < SHORTEST_HISTORY_DAYS:
        raise DataError(
            f"{days} days of history are too few to train and judge a model; expected {SHORTEST_HISTORY_DAYS} or more: load more, "
            "until then forecast_day_ahead answers with the seasonal naive"
        )
    test, validation = (min(wanted, days // 5) for wanted in (test_days, validation_days))
    first_test, first_validation = days - test, days - test - validation
    return Spans(Split(range(1, first_validation), range(first_validation, first_test)), range(first_test, days))
