"""ANCI against closed forms, a float64 brute force, and the published protocol step by step."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import torch
from core.metrics.known_paths import POSES, arc, even, randn, swaying

from posectl.core.metrics.anci import anci
from posectl.core.metrics.path_length_ratio import path_length_ratio


def brute_normalised(paths: torch.Tensor, parts: int) -> np.ndarray:
    poses = paths.double().numpy()
    steps = np.linalg.norm(np.diff(poses, axis=1), axis=-1).mean(-1)
    ends = np.linalg.norm(poses[:, -1] - poses[:, 0], axis=-1).mean(-1)
    return steps / (ends / parts)[:, None]


@pytest.mark.parametrize("steps", [2, 10, 100])
def test_even_straight_paths_score_one(steps: int) -> None:
    score = anci(torch.cat([even(steps, seed) for seed in range(4)]), POSES)
    assert score["mean"] == pytest.approx(1, abs=1e-12)
    assert score["variance"] == pytest.approx(0, abs=1e-20)
    assert (score["count"], score["over"], score["unit"]) == (4, "paths", "1")


def test_published_protocol_scores_an_even_straight_path_100_over_99() -> None:
    score = anci(even(100), POSES, compat="naayem")
    assert score["mean"] == pytest.approx(1.0101, abs=5e-5)
    assert score["mean"] == pytest.approx(100 / 99, rel=1e-12)
    assert (score["count"], score["over"]) == (99, "steps")


def test_uneven_speed_on_a_straight_line_costs_nothing() -> None:
    assert anci(swaying(50, 0.9), POSES)["mean"] == pytest.approx(1, abs=1e-12)


def test_arc_scores_its_length_over_its_chord() -> None:
    angle, steps = 2.5, 100
    chords = 99 * math.sin(angle / 2 / 99) / math.sin(angle / 2)
    assert anci(arc(angle, steps), POSES)["mean"] == pytest.approx(chords, rel=1e-12)


def test_statistics_are_over_paths() -> None:
    paths = randn(12, 20, 17, 3).float()
    per_path = brute_normalised(paths, 19).mean(1)
    score = anci(paths, POSES)
    assert score["mean"] == pytest.approx(per_path.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(per_path.var(ddof=1), rel=1e-10)
    assert score["median"] == pytest.approx(np.median(per_path), rel=1e-12)
    assert score["mean"] == pytest.approx(path_length_ratio(paths, POSES)["mean"], rel=1e-12)


def test_published_statistics_are_over_the_steps_of_the_average_curve() -> None:
    paths = randn(12, 21, 17, 3).float()
    curve = brute_normalised(paths, 21).mean(0)
    score = anci(paths, POSES, compat="naayem")
    assert score["mean"] == pytest.approx(curve.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(curve.var(ddof=1), rel=1e-10)
    assert score["median"] == pytest.approx(statistics.median_low(curve), rel=1e-12)


@pytest.mark.parametrize(("compat", "value"), [(None, 1), ("naayem", 10 / 9)])
def test_collapsed_paths_are_counted_and_do_not_score(compat: str | None, value: float) -> None:
    collapsed = torch.ones(3, 10, 17, 3, dtype=torch.float64)
    score = anci(torch.cat([collapsed, even(10)]), POSES, compat=compat)
    assert score["mean"] == pytest.approx(value, abs=1e-12)
    assert (score["undefined"], score["undefined_share"]) == (3, 0.75)
    nothing = anci(collapsed, POSES, compat=compat)
    assert (nothing["mean"], nothing["count"], nothing["undefined_share"]) == (None, 0, 1.0)
