"""Effects of expected events, on made-up fleets in which they are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.core.learning.effects import Effects, effects_of, expected_on, raised
from pipeline.core.learning.occurrences import around, measured
from pipeline.core.models.contract import MEDIAN, Forecast, Origins
from pipeline.core.models.peers.seasonal_naive import SeasonalNaiveMean
from pipeline.core.series.event_spans import without
from pipeline.core.series.grid import Grid
from tests.fixtures.grids import make_grid

FACTOR, HOURS, FIRST_HOUR = 1.8, 3, 19
STEPS = 96


def note(*days: int, sites: tuple[str, ...] = ("site-0",), grid: Grid, known: str = "2025-12-01", **columns: object) -> pd.DataFrame:
    """Return expected matches of an evening on days of the grid, one for each site and day."""
    rows = [
        {"kind": "expected", "category": "match", "site": site, "labels": None, "expected_factor": np.nan, "known_from": known}
        | {"starts_at": pd.Timestamp(grid.day_at(day)) + pd.Timedelta(hours=FIRST_HOUR)}
        | columns
        for day in days
        for site in sites
    ]
    frame = pd.DataFrame(rows).assign(ends_at=lambda found: found["starts_at"] + pd.Timedelta(hours=HOURS))
    stamps = {name: pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]") for name in ("starts_at", "ends_at", "known_from")}
    return frame.assign(**stamps)


def with_events(grid: Grid, events: pd.DataFrame, factor: float = FACTOR) -> Grid:
    """Return the grid in which the events happened."""
    spans = expected_on(grid, events, {site.name: {} for site in grid.sites}).spans
    throughput = grid.throughput.copy()
    for site, first, stop in zip(spans.site, spans.first, spans.stop, strict=True):
        throughput.reshape(grid.shape[0], -1)[site, first:stop] *= factor
    return replace(grid, throughput=throughput)


def learnt_at(grid: Grid, events: pd.DataFrame, day: int, sites: tuple[int, ...] = (0,)) -> Effects:
    """Return what is expected of a day at its midnight."""
    expected = expected_on(grid, events, {site.name: {} for site in grid.sites})
    ratios = measured(grid, without(grid, around(expected.spans, grid.shape[2])), expected.spans)
    cutoff = np.full(len(sites), np.datetime64(grid.day_at(day), "us"))
    return effects_of(grid, expected, ratios, np.array(sites), np.full(len(sites), day), cutoff)


def inside(effects: Effects) -> float:
    """Return the mean factor inside the event."""
    return float(np.exp(effects.log[0, FIRST_HOUR * 4 : (FIRST_HOUR + HOURS) * 4]).mean())


@pytest.mark.parametrize("seed", range(3))
def test_after_three_occurrences_the_factor_is_within_15_percent_and_one_alone_is_drawn_more_than_half_way(seed):
    plain = make_grid(sites=2, days=60, steps=STEPS, seed=seed)
    events = note(31, 38, 44, 50, grid=plain)
    grid = with_events(plain, events)

    assert inside(learnt_at(grid, events, 31)) == 1.0
    assert 1.0 < inside(learnt_at(grid, events, 38)) < np.sqrt(FACTOR)
    assert inside(learnt_at(grid, events, 50)) == pytest.approx(FACTOR, rel=0.15)


def test_what_other_sites_showed_is_expected_here_as_well():
    plain = make_grid(sites=3, days=60, steps=STEPS)
    events = pd.concat([note(31, 38, 44, grid=plain), note(50, sites=("site-2",), grid=plain)], ignore_index=True)
    grid = with_events(plain, events)

    effects = learnt_at(grid, events, 50, (0, 2))

    assert not effects.log[0].any()
    assert float(np.exp(effects.log[1]).max()) == pytest.approx(FACTOR, rel=0.2)


def test_a_category_never_seen_takes_the_factor_that_was_said_or_widens_and_says_so():
    grid = make_grid(sites=1, days=40, steps=STEPS)
    said, unsaid = (note(35, grid=grid, expected_factor=factor) for factor in (1.5, np.nan))

    told, untold = learnt_at(grid, said, 35), learnt_at(grid, unsaid, 35)

    assert inside(told) == pytest.approx(1.5)
    assert told.unseen == ()
    assert (untold.log.any(), untold.deviation.max() > 0, untold.unseen) == (False, True, ("match",))


def test_nothing_that_was_not_known_or_not_over_at_the_cutoff_changes_an_effect():
    plain = make_grid(sites=2, days=60, steps=STEPS)
    events = note(31, 38, 44, 50, 57, grid=plain)
    grid = with_events(plain, events)
    before = learnt_at(grid, events, 50)

    later = with_events(plain, events.iloc[:3])  # what came from the day on is another
    unknown = note(31, 38, grid=plain, known="2026-03-01", category="match")

    assert np.array_equal(learnt_at(later, events, 50).log, before.log)
    assert np.array_equal(learnt_at(grid, pd.concat([events, unknown], ignore_index=True), 50).log, before.log)


def test_later_events_are_forecast_nearly_as_well_as_days_without_and_those_no_worse():
    plain = make_grid(sites=8, days=70, steps=STEPS, seed=4)
    names = tuple(site.name for site in plain.sites)
    days = (31, 36, 40, 47, 52, 55, 60, 66)
    events = pd.concat([note(day, sites=(names[i % 8], names[(i + 3) % 8]), grid=plain) for i, day in enumerate(days)], ignore_index=True)
    grid = with_events(plain, events)
    expected = expected_on(grid, events, {name: {} for name in names})
    clean = without(grid, around(expected.spans, STEPS))
    ratios = measured(grid, clean, expected.spans)
    origins = Origins.every(8, range(45, 70))
    cutoff = np.array([np.datetime64(grid.day_at(day), "us") for day in origins.day])
    rule, at = SeasonalNaiveMean(), (origins.site, origins.day)

    beside = raised(rule.forecast(clean, origins), effects_of(grid, expected, ratios, *at, cutoff)).quantiles[..., MEDIAN]
    blind = rule.forecast(grid, origins).quantiles[..., MEDIAN]

    eventful = ~clean.observed[at] & (grid.throughput[at] > 1.3 * plain.throughput[at])
    actual = grid.throughput[at]

    def wape(said: np.ndarray, where: np.ndarray) -> float:
        return float(np.abs(said - actual)[where].sum() / actual[where].sum())

    assert eventful.sum() > 100
    assert wape(beside, eventful) <= 1.3 * wape(beside, ~eventful)
    assert wape(beside, ~eventful) <= wape(blind, ~eventful)
    assert wape(blind, eventful) > 2 * wape(beside, eventful)


def test_a_forecast_without_an_event_keeps_its_bits_and_quantiles_never_cross():
    grid = make_grid(sites=2, days=40, steps=STEPS)
    made = SeasonalNaiveMean().forecast(grid, Origins.every(2, range(35, 36)))
    nothing = Effects(np.zeros((2, STEPS)), np.zeros((2, STEPS)))
    some = Effects(np.zeros((2, STEPS)), np.zeros((2, STEPS)))
    some.log[0, 40:50], some.deviation[0, 40:50] = np.log(1.8), 0.3

    moved: Forecast = raised(made, some)

    assert raised(made, nothing) is made
    assert np.array_equal(moved.quantiles[1], made.quantiles[1])
    assert np.array_equal(moved.quantiles[0, :40], made.quantiles[0, :40])
    assert moved.quantiles[0, 40:50, MEDIAN] == pytest.approx(1.8 * made.quantiles[0, 40:50, MEDIAN])
    assert (np.diff(moved.quantiles, axis=-1) >= 0).all()
    assert (moved.quantiles >= 0).all()


def test_what_weekends_differ_by_is_learnt():
    plain = make_grid(sites=1, days=80, steps=STEPS)
    saturdays = [day for day in range(29, 79) if plain.day_at(day).weekday() == 5]
    tuesdays = [day for day in range(29, 79) if plain.day_at(day).weekday() == 1]
    quiet, loud = note(*saturdays, grid=plain), note(*tuesdays, grid=plain)
    events = pd.concat([quiet, loud], ignore_index=True)
    grid = with_events(with_events(plain, quiet, 1.2), loud, 2.5)

    of_saturday, of_tuesday = (inside(learnt_at(grid, events, days[-1])) for days in (saturdays, tuesdays))

    assert of_saturday == pytest.approx(1.2, rel=0.15)
    assert of_tuesday == pytest.approx(2.5, rel=0.15)


def test_a_site_that_grew_tenfold_since_the_weeks_before_shows_the_same_effect():
    plain = make_grid(sites=1, days=60, steps=STEPS)
    days = np.arange(60)
    grown = replace(
        plain, throughput=plain.throughput * np.exp(np.log(10) * np.clip((days - 25) / 25, 0, 1))[None, :, None].astype(np.float32)
    )
    events = note(40, 43, 47, 50, grid=plain)

    assert inside(learnt_at(with_events(grown, events), events, 50)) == pytest.approx(FACTOR, rel=0.15)
