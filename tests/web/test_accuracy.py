"""What the page of accuracy asks the database for."""

from datetime import date, timedelta

import pytest

from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.forecasts import ensure_partitions
from pipeline.web.accuracy import _read
from tests.fixtures.published import replace_forecasts
from tests.steps.test_publish import attention_rows, forecast_rows

LAST = date(2026, 8, 21)
SCORE = """
INSERT INTO dayahead.scores (target_day, role, site, model_version, cutoff, steps, actual_total, wape, mase, pinball,
    coverage50, coverage80, coverage90, bias, wape_seasonal_naive_day, wape_seasonal_naive_week, wape_seasonal_naive_mean)
VALUES (%s, %s, 'a', '1', now(), 24, 100, 0.1, 0.8, 1, 0.5, 0.8, 0.9, 0, %s, %s, %s)
"""


@pytest.fixture
def scored(database, run_sql):
    """A month in which last week was the better naive first and their mean is in the last days; before that, none was scored."""
    with connect(database, "writer") as connection:
        for table in ("forecasts", "attention"):
            ensure_partitions(connection, table, [LAST])
    with connect(database, "writer") as connection:
        replace_forecasts(connection, forecast_rows(sites=("a",)), attention_rows()[:0])
    for back in range(60):
        naives = (0.4, 0.2, 0.3) if 20 < back < 50 else (0.4, 0.3, 0.2) if back <= 20 else (None, None, None)
        run_sql(SCORE, LAST - timedelta(days=back), "champion", *naives)
    run_sql(SCORE, LAST, "challenger", None, None, None)
    return database


def naive_line(settings, days: int) -> tuple[set[str], list[float], date]:
    _, rows, _ = _read(settings, days)
    line = [row for row in rows if row["role"].startswith("seasonal_naive")]
    return {row["role"] for row in line}, [row["wape"] for row in line], line[0]["target_day"]


def test_the_line_is_of_the_naive_rule_that_errs_least_in_the_days_shown(scored):
    names, wapes, _ = naive_line(scored, 30)

    assert names == {"seasonal_naive_mean"}
    assert wapes == [0.3] * 9 + [0.2] * 21


def test_the_line_begins_with_the_first_day_that_was_scored_with_the_rules(scored):
    names, wapes, first = naive_line(scored, 90)

    assert names == {"seasonal_naive_week"}
    assert (len(wapes), first) == (50, LAST - timedelta(days=49))
