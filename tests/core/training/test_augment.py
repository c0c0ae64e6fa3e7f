"""Augmentation: rotations about the axis that is meant, and mirror images with the joints swapped."""

import math

import pytest
import torch

from posectl.core.training.augment import for_poses

MIRROR = (0, 2, 1)
POSES = torch.randn(5, 3, 3, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("up", "rotate", "kept"),
    [("+z", "up", 2), ("-y", "up", 1), ("+x", "up", 0), ("-y", "view", 2), ("+z", "view", 1), ("+y", "view", 2)],
)
def test_a_turn_keeps_the_coordinate_along_its_axis_and_all_lengths(up, rotate, kept):
    turned = for_poses(up, (), rotate=rotate)(POSES, torch.Generator().manual_seed(1))
    torch.testing.assert_close(turned[..., kept], POSES[..., kept])
    torch.testing.assert_close(turned.norm(dim=-1), POSES.norm(dim=-1))
    assert not torch.allclose(turned, POSES)


def test_a_quarter_turn_about_z_takes_x_to_y():
    turned = for_poses("+z", ()).turned(torch.tensor([[1.0, 0.0, 5.0]]), torch.tensor(math.pi / 2))
    torch.testing.assert_close(turned, torch.tensor([[0.0, 1.0, 5.0]]), atol=1e-6, rtol=0)


def test_turns_are_uniform_within_the_limit():
    lots = torch.tensor([[1.0, 0.0, 0.0]]).expand(20_000, 1, 3)
    turned = for_poses("+z", (), degrees=30)(lots, torch.Generator().manual_seed(2))
    angles = torch.rad2deg(torch.atan2(turned[:, 0, 1], turned[:, 0, 0]))
    assert angles.abs().max().item() <= 30
    assert angles.std().item() == pytest.approx(60 / math.sqrt(12), rel=0.02)


def test_a_flip_negates_the_lateral_coordinate_and_swaps_the_joints():
    flipped = for_poses("+z", MIRROR).flipped(POSES)
    expected = POSES[:, [0, 2, 1]] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.equal(flipped, expected)
    assert torch.equal(for_poses("+z", MIRROR).flipped(flipped), POSES)


def test_half_of_the_poses_are_flipped():
    lots = POSES[:1].expand(4000, 3, 3)
    out = for_poses("+z", MIRROR, rotate="none")(lots, torch.Generator().manual_seed(3))
    flipped = (out[:, 0, 0] != POSES[0, 0, 0]).double().mean().item()
    assert flipped == pytest.approx(0.5, abs=0.04)
