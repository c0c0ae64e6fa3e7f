"""Procrustes alignment against transforms that are known, and against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import orthogonal_procrustes

from posectl.core.alignment import aligned


def poses(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 17, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rotations(count: int) -> torch.Tensor:
    q, _ = torch.linalg.qr(torch.randn(count, 3, 3, generator=torch.Generator().manual_seed(9), dtype=torch.float64))
    return q * torch.linalg.det(q)[:, None, None]  # of an odd size, so that the sign makes it a rotation


def test_a_similarity_transform_is_undone():
    truth = poses(20)
    moved = 0.3 * truth @ rotations(20).mT + torch.tensor([5.0, -2.0, 7.0])
    torch.testing.assert_close(aligned(moved, truth), truth)


def test_a_mirror_image_is_not_taken_for_a_rotation():
    truth = poses(5)
    mirrored = truth * torch.tensor([-1.0, 1.0, 1.0])
    made = aligned(mirrored, truth)
    assert ((made - truth).norm(dim=-1).mean(1) > 0.1).all()
    ours, sizes = made - made.mean(1, keepdim=True), (mirrored - mirrored.mean(1, keepdim=True))
    turned = torch.linalg.lstsq(sizes, ours).solution
    assert (torch.linalg.det(turned) > 0).all()


def test_it_is_least_squares_by_scipy_where_no_reflection_helps():
    truth = poses(8)
    noisy = truth @ rotations(8).mT + 0.05 * poses(8, 1)
    for made, x, y in zip(aligned(noisy, truth), noisy.numpy(), truth.numpy(), strict=True):
        a, b = x - x.mean(0), y - y.mean(0)
        rotation, total = orthogonal_procrustes(a, b)
        assert np.linalg.det(rotation) > 0
        np.testing.assert_allclose(made, total / (a**2).sum() * a @ rotation + y.mean(0), atol=1e-9)


def test_joints_in_one_place_come_to_the_middle():
    truth = poses(1)
    made = aligned(torch.zeros_like(truth), truth)
    torch.testing.assert_close(made, truth.mean(1, keepdim=True).expand_as(truth))


@pytest.mark.parametrize("lead", [(4, 3), (2, 2, 3)])
def test_leading_dimensions_broadcast(lead: tuple[int, ...]):
    many = torch.randn(*lead, 17, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    truth = many[..., :1, :, :]
    one = aligned(many[(0,) * len(lead)], truth[(0,) * len(lead)])
    torch.testing.assert_close(aligned(many, truth)[(0,) * len(lead)], one)
