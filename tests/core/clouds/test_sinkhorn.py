"""The earth mover's distance for training: near the exact one, whatever the scale, with the gradient of its plan."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from posectl.core.clouds.sinkhorn import earth_mover, plan


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact(x, y):
    squares = ((x[:, None] - y[None]).numpy() ** 2).sum(-1)
    return squares[linear_sum_assignment(squares)].sum()


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_it_is_within_a_twentieth_of_the_exact_distance(scale):
    x, y = scale * randn(3, 128, 3), scale * (randn(3, 128, 3, seed=1) + 0.5)
    wanted = [exact(a, b) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(earth_mover(x, y).numpy(), wanted, rtol=0.05)


def test_two_points_by_hand():
    # 0 and 1 go to 0.25 and 3: 1/16 + 4, where the crossing would cost 9 + 9/16.
    x, y = torch.tensor([[0.0], [1.0]]).double(), torch.tensor([[3.0], [0.25]]).double()
    assert earth_mover(x, y).item() == pytest.approx(1 / 16 + 4, rel=1e-9)


def test_the_plan_sends_out_every_point_whole_and_fills_all_much_alike():
    shares = plan(randn(50, 3), randn(40, 3, seed=1))
    np.testing.assert_allclose(shares.sum(1).numpy(), 1 / 50, rtol=1e-12)
    assert (shares.sum(0) * 40 - 1).abs().mean() < 0.15


def test_the_gradient_is_that_of_the_plan_held():
    x, y = randn(30, 3).requires_grad_(), randn(30, 3, seed=1).requires_grad_()
    shares, apart = plan(x.detach(), y.detach()), (x[:, None] - y[None]).detach()
    found = torch.autograd.grad(earth_mover(x, y), (x, y))
    torch.testing.assert_close(found[0], 2 * 30 * (shares[..., None] * apart).sum(1), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(found[1], -2 * 30 * (shares[..., None] * apart).sum(0), rtol=1e-10, atol=1e-12)
