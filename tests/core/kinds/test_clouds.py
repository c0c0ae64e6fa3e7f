"""Clouds: the Chamfer distance by hand, its gradient, and which shapes are clouds."""

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from posectl.core import kinds
from posectl.core.clouds import chamfer as module
from posectl.core.clouds.chamfer import chamfer, mean_chamfer, nearest_points
from posectl.core.kinds import KINDS, of_shape
from posectl.data.clouds import surface

CLOUDS = KINDS.get("clouds")


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_chamfer_by_hand():
    # Three points and two on a line: 0 -> 0.5, 1 -> 0.5, 4 -> 3, and 0.5 -> 0 (or 1), 3 -> 4.
    a = torch.tensor([0.0, 1.0, 4.0], dtype=torch.float64)[:, None] * torch.tensor([1.0, 0, 0], dtype=torch.float64)
    b = torch.tensor([0.5, 3.0], dtype=torch.float64)[:, None] * torch.tensor([1.0, 0, 0], dtype=torch.float64)
    assert chamfer(a, b).item() == pytest.approx(0.25 + 0.25 + 1 + 0.25 + 1, rel=1e-15)
    assert mean_chamfer(a, b).item() == pytest.approx(1.5 / 3 + 1.25 / 2, rel=1e-15)
    # 0.05 times the sum, the mean over the batch.
    assert CLOUDS.reconstruction(a[None, None], b[None, None]).tolist() == pytest.approx([0.05 * 2.75])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("threads", [0, 1, 3])
def test_the_nearest_points_are_those_of_a_tree_whatever_the_blocks_and_threads(monkeypatch, dtype, threads):
    """threads: of the compiled search; 0: where nothing compiles."""
    a, b = randn(5, 90, 3).to(dtype), randn(5, 70, 3, seed=1).to(dtype)
    expected = [(cKDTree(y).query(x)[1], cKDTree(x).query(y)[1]) for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    if threads == 0:
        monkeypatch.setattr(module, "compiles", lambda dtype: False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    for pairs in (1, 70 * 7, 2 * 90 * 70, 1 << 20):
        monkeypatch.setattr(module, "PAIRS", pairs)
        of_a, of_b = nearest_points(a, b)
        for found, wanted in zip((of_a, of_b), zip(*expected, strict=True), strict=True):
            np.testing.assert_array_equal(found.numpy(), np.stack(wanted))


@pytest.mark.parametrize("compiled", [True, False])
def test_of_points_as_near_the_first_is_found(monkeypatch, compiled):
    monkeypatch.setattr(module, "compiles", lambda dtype: compiled)
    points = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]])
    middle = torch.tensor([[[0.5, 0.5, 0], [0.5, 0.5, 0]]])
    assert [found.tolist() for found in nearest_points(points, middle)] == [[[0, 0, 0, 0]], [[0, 0]]]


def test_the_gradient_of_either_cloud_is_that_of_both_sums():
    a, b = (randn(2, 6, 3, seed=seed).requires_grad_() for seed in (0, 1))
    assert torch.autograd.gradcheck(chamfer, (a, b))
    # Both ways alike: the order of the arguments changes nothing.
    there, back = torch.autograd.grad(chamfer(a, b).sum(), (a, b)), torch.autograd.grad(chamfer(b, a).sum(), (a, b))
    torch.testing.assert_close(there, back, atol=0, rtol=1e-15)


def test_close_points_are_told_apart_far_from_the_origin():
    # By products, |a|^2 + |b|^2 - 2ab, float32 leaves nothing of a millimetre at 30 metres.
    a = torch.full((1, 64, 3), 30.0) + torch.arange(64)[None, :, None] * 1e-3
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    assert chamfer(a, a[:, order]).item() == 0


def test_the_test_error_and_the_distance_are_means_over_points():
    x, x_hat = randn(2, 3, 80, 3), randn(2, 3, 80, 3, seed=1)
    square = (x[:, :, :, None] - x_hat[:, :, None]).square().sum(-1)
    expected = square.amin(3).mean(2) + square.amin(2).mean(2)
    torch.testing.assert_close(CLOUDS.errors(x, x_hat), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(CLOUDS.distance(x, x_hat), (expected / 2).sqrt(), rtol=1e-12, atol=0)
    absolute = (square.amin(3).sqrt().mean(2) + square.amin(2).sqrt().mean(2)).mean(1) / 2
    torch.testing.assert_close(CLOUDS.mean_absolute(x, x_hat), absolute, rtol=1e-12, atol=0)


def test_points_that_correspond_weigh_as_nearest_ones_do():
    # Points far apart, each moved a little: the nearest point is the one that moved.
    x = 10 * torch.stack(torch.meshgrid(*[torch.arange(4.0)] * 3, indexing="ij"), -1).view(1, 1, 64, 3).double()
    moved = randn(1, 1, 64, 3)
    torch.testing.assert_close(CLOUDS.mean_square(moved), CLOUDS.reconstruction(x, x + moved))
    assert torch.equal(CLOUDS.matched(x.flip(2), x + moved), x)


def test_the_closest_cloud_is_found_whatever_the_order_of_its_points():
    among = torch.stack([k + 0.1 * randn(64, 3, seed=k) for k in range(5)])[None]
    shuffled = among[:, [3, 0]][:, :, torch.randperm(64, generator=torch.Generator().manual_seed(1))]
    assert CLOUDS.closest(shuffled, among).tolist() == [[3, 0]]


@pytest.mark.parametrize(("points", "name"), [(17, "poses"), (63, "poses"), (64, "clouds"), (2048, "clouds")])
def test_points_of_which_nothing_is_said_are_a_cloud_from_64_on(points, name):
    assert of_shape((points, 3)).name == name
    assert kinds.FEWEST_POINTS == surface.FEWEST_POINTS
