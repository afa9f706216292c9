"""Losses by epoch, out of the reports of a fit."""

import numpy as np
import pandas as pd

from pipeline.core.evaluation.curves import losses_by_epoch
from pipeline.core.evaluation.plots import plot_losses


def report(iteration: int, loss: float | None, validation: float | None = None, **parts: int) -> dict:
    return {"iteration": iteration, "iterations": 40, "loss": loss, "validation": validation} | parts


def test_reports_of_an_epoch_are_one_row_with_their_mean_loss():
    found = losses_by_epoch([report(5, 4.0), report(10, 2.0, 0.5), report(20, 1.0), report(40, 0.5, 0.3)], windows=100, batch=10)

    assert found["epoch"].tolist() == [1, 2, 4]
    assert found["loss"].tolist() == [3.0, 1.0, 0.5]
    np.testing.assert_array_equal(found["validation"], [0.5, np.nan, 0.3])
    assert set(found["network"]) == {1}


def test_every_member_and_every_lap_begins_anew():
    members = [report(10, 3.0, member=1, members=2), report(20, 2.0, member=1, members=2), report(30, 3.5, member=2, members=2)]
    again = [report(10, 1.0, member=1, members=2, lap=2)]

    found = losses_by_epoch(members + again, windows=10, batch=1)

    assert list(zip(found["network"], found["epoch"], found["loss"], strict=True)) == [(1, 1, 3.0), (1, 2, 2.0), (2, 1, 3.5), (3, 1, 1.0)]


def test_networks_of_sites_one_after_the_other_are_told_apart():
    found = losses_by_epoch([report(20, 3.0), report(40, 2.0), report(20, 5.0), report(40, 4.0)], windows=20, batch=1)

    assert found["network"].tolist() == [1, 1, 2, 2]
    assert found["epoch"].tolist() == [1, 2, 1, 2]


def test_a_training_of_less_than_two_epochs_keeps_its_reports():
    assert losses_by_epoch([report(5, 4.0), report(15, 2.0)], windows=100, batch=10)["epoch"].tolist() == [0.5, 1.5]


def test_trees_and_rules_have_no_losses():
    assert losses_by_epoch([report(1, None)], windows=1, batch=1).empty
    assert losses_by_epoch([], windows=1, batch=1).empty


def test_both_losses_are_drawn_side_by_side(tmp_path):
    losses = pd.DataFrame({"network": [1, 1, 2], "epoch": [1.0, 2.0, 1.0], "loss": [3.0, 2.0, 4.0], "validation": [np.nan, 0.2, np.nan]})

    path = plot_losses(tmp_path / "losses.png", losses, title="daily_gru_dot", test=0.21)

    assert path.read_bytes().startswith(b"\x89PNG")
