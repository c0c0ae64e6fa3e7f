"""Objects on paths between two, counted by hand."""

import math

import pytest
import torch

from posectl.core.metrics.object_switch import object_switch
from posectl.core.metrics.trace import ObjectTrace, Trace


def traced(objects, ends, retrieved, expected, period=360.0, unit="deg"):
    views = [torch.tensor(turn, dtype=torch.float64)[..., None] for turn in (expected, retrieved)]
    trace = Trace(*views, torch.zeros(views[0].shape[:2]), torch.tensor([period]), unit)
    return ObjectTrace(trace, torch.tensor(objects), torch.tensor(ends))


def test_each_figure_is_of_its_own_paths():
    found = traced(
        [[5, 5, 14, 5], [5, 14, 5, 14], [14, 14, 14, 14], [14, 14, 5, 5]],
        [[5, 5], [5, 14], [14, 14], [14, 5]],
        [[0, 10, 20, 30], [350, 0, 15, 20], [0, 0, 0, 0], [90, 90, 80, 60]],
        [[0, 10, 20, 30], [350, 360, 370, 380], [0, 0, 0, 0], [90, 80, 70, 60]],
    )
    score = object_switch(found)
    assert score["kept"]["mean"] == pytest.approx((3 / 4 + 1) / 2)
    assert (score["switches"]["mean"], score["switches"]["count"]) == (2, 2)  # three, and one
    # |0|, |0|, |5|, |0| the short way round, and |0|, |10|, |10|, |0|.
    assert score["turn"]["mean"] == pytest.approx(25 / 8)
    assert score["curve"]["last"].tolist() == [0, 0.5, 0.5, 1]


def test_radians_come_out_in_degrees():
    found = traced([[1, 2]], [[1, 2]], [[0.0, math.pi / 6]], [[0.0, 0.0]], 2 * math.pi, "rad")
    assert object_switch(found)["turn"]["maximum"] == pytest.approx(30)


def test_without_paths_of_a_sort_its_figure_is_none():
    score = object_switch(traced([[1, 1]], [[1, 1]], [[0.0, 0.0]], [[0.0, 0.0]]))
    assert (score["switches"]["mean"], score["kept"]["mean"]) == (None, 1)
