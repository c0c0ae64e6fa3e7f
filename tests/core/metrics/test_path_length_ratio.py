"""Length over distance, against closed forms and a float64 brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import POSES, along, arc, even, randn, swaying

from posectl.core.metrics.path_length_ratio import path_length_ratio


@pytest.mark.parametrize("path", [even(2), even(100), swaying(100, 0.9)])
def test_straight_paths_score_one_at_any_speed(path: torch.Tensor) -> None:
    assert path_length_ratio(path, POSES)["mean"] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("angle", [0.1, 1.0, math.pi, 5.0])
def test_arc_scores_arc_over_chord(angle: float) -> None:
    steps = 1001
    polygon = 1000 * math.sin(angle / 2 / 1000) / math.sin(angle / 2)
    score = path_length_ratio(arc(angle, steps), POSES)
    assert score["mean"] == pytest.approx(polygon, rel=1e-10)
    assert score["mean"] == pytest.approx(angle / 2 / math.sin(angle / 2), rel=2e-6)


def test_antipodal_ends_score_half_of_pi() -> None:
    assert path_length_ratio(arc(math.pi, 1001), POSES)["mean"] == pytest.approx(math.pi / 2, rel=1e-6)


def test_overshoot_is_seen() -> None:
    there_and_back = torch.tensor([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.25, 1], dtype=torch.float64)
    assert path_length_ratio(along(there_and_back), POSES)["mean"] == pytest.approx(2, abs=1e-12)


def test_ratios_equal_a_float64_brute_force() -> None:
    paths = randn(12, 20, 17, 3).float()
    poses = paths.double().numpy()
    length = np.linalg.norm(np.diff(poses, axis=1), axis=-1).mean(-1).sum(1)
    ratio = length / np.linalg.norm(poses[:, -1] - poses[:, 0], axis=-1).mean(-1)
    score = path_length_ratio(paths, POSES)
    assert score["mean"] == pytest.approx(ratio.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(ratio.var(ddof=1), rel=1e-10)
    assert score["unit"] == "1"


def test_loops_are_undefined() -> None:
    score = path_length_ratio(torch.cat([arc(2 * math.pi, 50), even(50)]), POSES)
    assert (score["count"], score["undefined"], score["undefined_share"]) == (1, 1, 0.5)
