"""Priors: the support of codes, and the distribution of draws."""

import torch

from posectl.core.latent.priors import NORMAL, SPHERE, sample_codes
from posectl.core.random import generator


def test_the_sphere_divides_by_the_norm_not_its_square():
    torch.testing.assert_close(SPHERE.project(torch.tensor([[3.0, 4.0]])), torch.tensor([[0.6, 0.8]]))


def test_draws_of_the_sphere_have_unit_norm_and_no_preferred_direction():
    codes = sample_codes(SPHERE, 20_000, 8, generator(0, "test"))
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(20_000))
    # The mean of n uniform unit vectors has length about 1/sqrt(n); E[z z'] = I/d.
    assert codes.mean(0).norm().item() < 4 / 20_000**0.5
    torch.testing.assert_close(codes.T @ codes / 20_000, torch.eye(8) / 8, atol=5e-3, rtol=0)


def test_draws_of_the_normal_prior_have_unit_variance():
    codes = sample_codes(NORMAL, 20_000, 4, generator(0, "test"))
    torch.testing.assert_close(codes.var(0), torch.ones(4), atol=0.05, rtol=0)
    assert torch.equal(NORMAL.project(codes), codes)


def test_a_code_of_zeros_stays_and_so_does_its_gradient_finite():
    codes = torch.zeros(2, 4, requires_grad=True)
    assert torch.equal(SPHERE.project(codes), torch.zeros(2, 4))
    SPHERE.project(codes).sum().backward()
    assert codes.grad.isfinite().all()


def test_codes_of_16_bits_reach_the_sphere_in_32():
    codes = torch.randn(100, 8, generator=generator(0, "test")).bfloat16()
    unit = SPHERE.project(codes)
    assert unit.dtype == torch.float32
    torch.testing.assert_close(unit, SPHERE.project(codes.float()))
    assert SPHERE.project(codes.double()).dtype == torch.float64
