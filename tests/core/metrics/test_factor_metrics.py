"""Distances to both ends, monotonicity and retrieved alpha, on paths through the factors known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from core.metrics.known_traces import TURN, trace, turning

from posectl.core.metrics.alpha_retrieval import alpha_retrieval
from posectl.core.metrics.factor_distance import factor_distance
from posectl.core.metrics.factor_monotonicity import factor_monotonicity

DEGREES = torch.tensor([360.0, math.inf], dtype=torch.float64)


def test_an_even_path_is_on_the_red_lines() -> None:
    ends = torch.tensor([[[350.0, 50.0], [20.0, 90.0]]])
    alpha = torch.linspace(0, 1, 11, dtype=torch.float64)[:, None]
    found = torch.remainder(ends[0, 0] + alpha * torch.tensor([30.0, 40.0]), torch.tensor([360.0, 1e9]))[None]
    score = factor_distance(trace(found, ends, DEGREES))
    assert score["mean"] == pytest.approx(0, abs=1e-9)
    curve = score["curve"]
    np.testing.assert_allclose(curve["to_start"], 50 * curve["alpha"], atol=1e-9)  # 30 and 40 make 50
    np.testing.assert_allclose(curve["even_to_end"], 50 * (1 - curve["alpha"]), atol=1e-9)


def test_a_switch_is_off_by_what_it_skips() -> None:
    # Found at 0, 0, 1, 1 where 0, 1/3, 2/3, 1 were even: each inner image is 1/3 off from either end.
    score = factor_distance(trace(torch.tensor([[0.0, 0, 1, 1]])))
    assert score["mean"] == pytest.approx((0 + 1 / 3 + 1 / 3 + 0) / 4)
    assert score["curve"]["to_start"].tolist() == [0, 0, 1, 1]
    assert score["curve"]["to_end"].tolist() == [1, 1, 0, 0]


def test_equal_ends_are_undefined_everywhere() -> None:
    still = trace(torch.full((2, 4), 1.0))
    for metric in (factor_distance, factor_monotonicity, alpha_retrieval):
        score = metric(still)
        assert (score["mean"], score["count"]) == (None, 0), metric.__name__


def test_the_right_way_is_monotone_and_the_wrong_way_is_not() -> None:
    assert factor_monotonicity(trace(turning(6.0, 1.2)))["mean"] == 1
    # 60 degrees by 300 the other way in steps of 20: away from the start for 9 steps of 15, but from the end too
    # until 180 degrees from it, after 6. So 3 steps lead away and towards.
    wrong = trace(turning(0.0, -math.radians(300)), torch.tensor([[0.0, math.radians(60)]]))
    assert factor_monotonicity(wrong)["mean"] == pytest.approx(3 / 15)


def test_standing_still_is_no_step_back_and_jitter_is() -> None:
    found = torch.tensor([[0, 0, 0.2, 0.1, 0.4, 0.5]])
    assert factor_monotonicity(trace(found))["mean"] == pytest.approx(4 / 5)


def test_alpha_is_retrieved_along_the_way_whatever_lies_aside() -> None:
    ends = torch.tensor([[[340.0, 60.0], [60.0, 60.0]]])
    found = torch.tensor([[[340.0, 60.0], [20.0, 75.0], [80.0, 45.0]]])
    score = alpha_retrieval(trace(found, ends, DEGREES))
    assert score["curve"]["median"].tolist() == pytest.approx([0, 0.5, 1.25])
    assert score["mean"] == pytest.approx((0 + 0 + 0.25) / 3)


def test_the_retrieved_band_is_the_interquartile_range() -> None:
    rng = np.random.default_rng(0)
    found = np.concatenate([np.zeros((40, 1)), rng.uniform(0, 1, (40, 1)), np.ones((40, 1))], 1)
    curve = alpha_retrieval(trace(torch.from_numpy(found)))["curve"]
    assert curve["lower"][1].item() == pytest.approx(np.quantile(found[:, 1], 0.25))
    assert curve["median"][1].item() == pytest.approx(np.median(found[:, 1]))
    assert curve["upper"][1].item() == pytest.approx(np.quantile(found[:, 1], 0.75))


def test_a_full_turn_is_no_way_off() -> None:
    ends = torch.tensor([[0.0, 1.0]])
    there = trace(torch.tensor([[0.0, 0.5, 1.0]]), ends)
    round_ = trace(torch.tensor([[TURN, 0.5 + TURN, 1.0 - TURN]], dtype=torch.float64), ends)
    assert factor_distance(round_)["mean"] == pytest.approx(factor_distance(there)["mean"], abs=1e-12)
