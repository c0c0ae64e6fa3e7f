"""ACAI's smoothness and what it cannot see, against closed forms and numpy's unwrap."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.known_traces import TURN, trace, turning

from posectl.core.metrics.overshoot import overshoot
from posectl.core.metrics.smoothness import smoothness


@pytest.mark.parametrize("by", [0.3, -2.0, 3.1, -5.5])
def test_an_even_turn_is_perfectly_smooth_whichever_way_it_goes(by: float) -> None:
    assert smoothness(trace(turning(6.0, by)))["mean"] == pytest.approx(0, abs=1e-12)


def test_an_abrupt_switch_has_all_its_way_in_one_step() -> None:
    switch = torch.tensor([[1.0] * 8 + [2.5] * 8, [6.0] * 8 + [0.5] * 8])
    score = smoothness(trace(switch))
    assert (score["mean"], score["std"]) == (pytest.approx(1 - 1 / 15), pytest.approx(0, abs=1e-12))


def test_random_angles_equal_the_published_formula() -> None:
    angles = np.random.default_rng(0).uniform(0, TURN, (300, 16))
    way = np.unwrap(angles, axis=1)
    whole = np.abs(way[:, -1] - way[:, 0])
    values = np.abs(np.diff(way, axis=1)).max(1) / whole - 1 / 15
    score = smoothness(trace(torch.from_numpy(angles)))
    assert score["mean"] == pytest.approx(values.mean(), rel=1e-9)
    assert score["median"] == pytest.approx(np.median(values), rel=1e-9)


def test_collapsed_paths_are_undefined_and_as_published_perfect() -> None:
    paths = torch.cat([torch.full((3, 16), 0.7, dtype=torch.float64), torch.tensor([[0.0] * 8 + [1.0] * 8])])
    corrected, published = smoothness(trace(paths)), smoothness(trace(paths), compat="acai")
    assert corrected["mean"] == pytest.approx(1 - 1 / 15)
    assert published["mean"] == pytest.approx((1 - 1 / 15) / 4)
    assert corrected["undefined_share"] == published["undefined_share"] == 0.75
    assert smoothness(trace(paths[:3]), compat="acai")["mean"] is None  # as theirs, where nothing is left to divide


def test_overshoot_sees_the_wrong_way_round_and_smoothness_does_not() -> None:
    right, wrong = trace(turning(1.0, 1.0)), trace(turning(1.0, 1.0 - TURN))
    assert smoothness(wrong)["mean"] == pytest.approx(smoothness(right)["mean"], abs=1e-12)
    assert overshoot(right)["mean"] == pytest.approx(1)
    assert overshoot(wrong)["mean"] == pytest.approx(TURN - 1)


def test_overshoot_counts_steps_back() -> None:
    assert overshoot(trace(torch.tensor([[0, 0.5, 1.2, 1.0]])))["mean"] == pytest.approx(1.4)
    assert overshoot(trace(torch.full((2, 5), 1.0)))["undefined"] == 2


def test_several_factors_step_together() -> None:
    periods = torch.tensor([360.0, torch.inf], dtype=torch.float64)
    alpha = torch.linspace(0, 1, 6, dtype=torch.float64)
    found = torch.stack([torch.remainder(350 + 30 * alpha, 360), 45 + 40 * alpha], -1)[None]
    even = trace(found, periods=periods)
    assert even.steps.tolist() == [pytest.approx([10.0] * 5)]
    assert smoothness(even)["mean"] == pytest.approx(0, abs=1e-12)
    assert overshoot(even)["mean"] == pytest.approx(1)
