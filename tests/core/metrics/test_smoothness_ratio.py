"""The ratio of the largest to the smallest transition, against closed forms and a float64 brute force."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import torch
from core.metrics.known_paths import POSES, along, arc, even, randn, swaying

from posectl.core.metrics.smoothness_ratio import smoothness_ratio


@pytest.mark.parametrize(
    "path", [even(100), arc(3.0, 100), arc(2 * math.pi, 100)], ids=["line", "arc", "closed circle"]
)
def test_even_speed_scores_one_on_any_way(path: torch.Tensor) -> None:
    assert smoothness_ratio(path, POSES)["mean"] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("steps", [100, 101])
def test_swaying_speed_has_its_closed_form(steps: int) -> None:
    amplitude, h = 0.6, 1 / (steps - 1)
    swing = amplitude * math.sin(math.pi * h) / (math.pi * h)
    slowest = swing * math.cos(math.pi * h)
    fastest = swing * (math.cos(math.pi * h) if steps % 2 else 1)  # an odd number of steps has one in the middle
    score = smoothness_ratio(swaying(steps, amplitude), POSES)
    assert score["mean"] == pytest.approx((1 + fastest) / (1 - slowest), rel=1e-11)


@pytest.mark.parametrize(("compat", "median"), [(None, statistics.median), ("naayem", statistics.median_low)])
def test_statistics_are_over_paths(compat: str | None, median) -> None:
    paths = randn(12, 20, 17, 3).float()
    steps = np.linalg.norm(np.diff(paths.double().numpy(), axis=1), axis=-1).mean(-1)
    ratios = steps.max(1) / steps.min(1)
    score = smoothness_ratio(paths, POSES, compat=compat)
    assert score["mean"] == pytest.approx(ratios.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(ratios.var(ddof=1), rel=1e-10)
    assert score["median"] == pytest.approx(median(ratios.tolist()), rel=1e-12)
    assert score["unit"] == "1"


def test_a_path_that_stops_has_no_ratio() -> None:
    stops = along(torch.tensor([0.0, 0.5, 0.5, 1.0], dtype=torch.float64))
    score = smoothness_ratio(torch.cat([stops, even(4), torch.zeros_like(stops)]), POSES)
    assert score["mean"] == pytest.approx(1, abs=1e-12)
    assert (score["count"], score["undefined"]) == (1, 2)


def test_rounding_noise_on_the_spot_is_no_path() -> None:
    score = smoothness_ratio(1e-9 * randn(2, 10, 17, 3), POSES)
    assert (score["count"], score["undefined"]) == (0, 2)
