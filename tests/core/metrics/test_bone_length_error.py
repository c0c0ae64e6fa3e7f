"""Stretched bones, on skeletons whose stretch is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.known_paths import along, randn

from posectl.core.metrics.bone_length_error import bone_length_error
from posectl.data.skeleton import H36M17


def turning(pose: torch.Tensor, steps: int) -> torch.Tensor:
    """A path (1, T, 17, 3) on which the whole pose turns about z, and walks."""
    t = torch.linspace(0, 2, steps, dtype=torch.float64)
    zero, one = torch.zeros_like(t), torch.ones_like(t)
    turn = torch.stack([t.cos(), -t.sin(), zero, t.sin(), t.cos(), zero, zero, zero, one], 1).view(-1, 3, 3)
    return (pose @ turn.mT + t[:, None, None])[None]


def test_rigid_skeleton_has_no_error() -> None:
    score = bone_length_error(turning(randn(17, 3), 50), H36M17.parents)
    assert score["mean"] == pytest.approx(0, abs=1e-14)
    assert score["unit"] == "m"


def test_a_skeleton_that_grows_evenly_has_no_error() -> None:
    pose = randn(17, 3)
    growing = torch.linspace(1, 1.5, 20, dtype=torch.float64)[:, None, None] * turning(pose, 20)
    assert bone_length_error(growing, H36M17.parents)["mean"] == pytest.approx(0, abs=1e-13)


@pytest.mark.parametrize("steps", [11, 101])
def test_straight_way_through_a_half_turn_folds_every_bone_up(steps: int) -> None:
    # From a pose to its mirror image through the origin, a bone of length L has length |1 - 2 alpha| L on the way.
    pose = randn(17, 3)
    alpha = torch.linspace(0, 1, steps, dtype=torch.float64)[:, None, None]
    score = bone_length_error(((1 - 2 * alpha) * pose)[None], H36M17.parents)
    parts = steps - 1
    share = parts / (2 * (parts - 1))  # mean of 1 - |1 - 2i/parts| over i = 1 ... parts - 1, parts even
    assert score["relative"]["mean"] == pytest.approx(share, rel=1e-12)
    assert score["mean"] == pytest.approx(share * H36M17.bone_lengths(pose.numpy()).mean(), rel=1e-12)
    assert score["relative"]["unit"] == "1"


def test_one_stretched_bone_is_averaged_over_bones_and_inner_poses() -> None:
    path = randn(17, 3).expand(1, 6, 17, 3).clone()
    hand, elbow = 16, 15
    path[0, 2, hand] = path[0, 2, elbow] + 2 * (path[0, 0, hand] - path[0, 0, elbow])
    length = torch.linalg.vector_norm(path[0, 0, hand] - path[0, 0, elbow]).item()
    assert bone_length_error(path, H36M17.parents)["mean"] == pytest.approx(length / (4 * 16), rel=1e-12)


def test_errors_equal_a_float64_brute_force() -> None:
    paths = randn(9, 12, 17, 3).float()
    lengths = H36M17.bone_lengths(paths.double().numpy())
    alpha = np.linspace(0, 1, 12)[:, None]
    should = (1 - alpha) * lengths[:, :1] + alpha * lengths[:, -1:]
    error = np.abs(lengths - should)[:, 1:-1].mean((1, 2))
    score = bone_length_error(paths, H36M17.parents)
    assert score["mean"] == pytest.approx(error.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(error.var(ddof=1), rel=1e-10)
    relative = error / should[:, 1:-1].mean((1, 2))
    assert score["relative"]["mean"] == pytest.approx(relative.mean(), rel=1e-12)


def test_paths_without_an_inner_pose_are_undefined() -> None:
    score = bone_length_error(along(torch.tensor([0.0, 1.0], dtype=torch.float64)), H36M17.parents)
    assert (score["mean"], score["undefined"], score["relative"]["undefined"]) == (None, 1, 1)
