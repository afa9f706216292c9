"""What forecasters see of expected events: nothing, or what is left of them where they come all the time."""

import numpy as np

from pipeline.core.learning.effects import expected_on
from pipeline.core.learning.hiding import LATELY, OFTEN, seen
from tests.core.learning.test_effects import FACTOR, FIRST_HOUR, HOURS, STEPS, note, with_events
from tests.fixtures.grids import make_grid

EVENING = slice(FIRST_HOUR * 4, (FIRST_HOUR + HOURS) * 4)


def looked_at(plain, *days):
    """Return what is seen of a grid with an event on each of some days, beside what was measured."""
    events = note(*days, grid=plain)
    grid = with_events(plain, events)
    return seen(grid, expected_on(grid, events, {site.name: {} for site in grid.sites}))[0], grid


def test_an_event_and_the_hours_around_it_are_hidden_and_nothing_else():
    clean, grid = looked_at(make_grid(sites=2, days=60, steps=STEPS), 31, 38)

    hidden = grid.observed & ~clean.observed
    assert hidden[0, [31, 38], EVENING.start - 4 : EVENING.stop + 4].all()
    assert hidden.sum() == 2 * (HOURS + 2) * 4


def test_where_events_come_every_day_what_they_do_is_taken_out_instead_and_the_evening_stays_in_sight():
    plain = make_grid(sites=1, days=60, steps=STEPS)
    clean, _ = looked_at(plain, *range(30, 60))

    first, later = clean.observed[0, 30 : 30 + OFTEN, EVENING], clean.observed[0, 30 + OFTEN :, EVENING]
    assert not first.any()
    assert later.all()
    left = clean.throughput[0, 30 + LATELY :, EVENING].sum() / plain.throughput[0, 30 + LATELY :, EVENING].sum()
    assert abs(np.log(left)) < 0.25 * np.log(FACTOR)


def test_what_an_event_of_today_did_is_not_taken_out_of_today():
    plain = make_grid(sites=1, days=60, steps=STEPS)
    days = range(30, 60)
    clean, _ = looked_at(plain, *days)
    changed = make_grid(sites=1, days=60, steps=STEPS)
    changed.throughput[0, 50:] *= 3
    later, _ = looked_at(changed, *days)

    assert np.array_equal(clean.throughput[:, :50], later.throughput[:, :50])
    assert np.allclose(3 * clean.throughput[:, 50], later.throughput[:, 50])
