"""The share of steps away from the start and towards the end, on paths where it can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import POSES, along, arc, even, randn, swaying

from posectl.core.metrics.monotonicity import monotonicity


def through(*points: tuple[float, float]) -> torch.Tensor:
    """A path (1, T, 17, 3) on which every joint visits the points (x, y)."""
    path = torch.zeros(1, len(points), 17, 3, dtype=torch.float64)
    path[..., :2] = torch.tensor(points, dtype=torch.float64)[:, None]
    return path


@pytest.mark.parametrize(
    "path", [even(100), swaying(100, 0.99), arc(math.pi, 100)], ids=["even", "swaying", "half circle"]
)
def test_paths_that_never_turn_back_score_one(path: torch.Tensor) -> None:
    assert monotonicity(path, POSES)["mean"] == 1


def test_a_standstill_is_no_step_back() -> None:
    assert monotonicity(through((0, 0), (1, 0), (1, 0), (2, 0)), POSES)["mean"] == 1


def test_a_step_back_does_not_count() -> None:
    path = along(torch.tensor([0, 0.6, 0.4, 1], dtype=torch.float64))
    assert monotonicity(path, POSES)["mean"] == pytest.approx(2 / 3)


def test_steps_beyond_the_end_do_not_count_there_or_back() -> None:
    there_and_back = torch.tensor([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.25, 1], dtype=torch.float64)
    assert monotonicity(along(there_and_back), POSES)["mean"] == 0.5


def test_a_step_aside_must_not_lead_away_from_the_end() -> None:
    # Aside: farther from the start, but from the end too. Then home: nearer to the end, but to the start too.
    assert monotonicity(through((0, 0), (0.5, 0), (0.5, 1), (1, 0)), POSES)["mean"] == pytest.approx(1 / 3)


def test_shares_equal_a_brute_force() -> None:
    poses = np.cumsum(randn(12, 20, 17, 3).numpy() + 0.3, axis=1)
    start = np.linalg.norm(poses - poses[:, :1], axis=-1).mean(-1)
    end = np.linalg.norm(poses - poses[:, -1:], axis=-1).mean(-1)
    share = ((np.diff(start) >= 0) & (np.diff(end) <= 0)).mean(1)
    score = monotonicity(torch.from_numpy(poses), POSES)
    assert score["mean"] == pytest.approx(share.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(share.var(ddof=1), rel=1e-10)
    assert score["unit"] == "1"


def test_collapsed_loops_and_broken_paths_are_undefined() -> None:
    still = torch.zeros(1, 10, 17, 3, dtype=torch.float64)
    broken = even(10)
    broken[0, 5] = torch.nan
    score = monotonicity(torch.cat([still, broken, arc(2 * math.pi, 10), even(10)]), POSES)
    assert (score["mean"], score["count"], score["undefined"]) == (1, 1, 3)
