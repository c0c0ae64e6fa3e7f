"""Draws from a fitted Gaussian have the moments of the codes."""

import pytest
import torch

from posectl.core.latent.densities import fitted_gaussian
from posectl.core.latent.priors import NORMAL, SPHERE, sample_codes


def codes():
    noise = torch.randn(500, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return noise @ torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.0]], dtype=torch.float64) + 3


def test_standard_noise_takes_mean_and_covariance_of_the_codes_exactly():
    # Of the 2 d points sqrt(d) and -sqrt(d) along each axis the mean is 0 and the covariance, divided by 2 d, is I.
    points = 3**0.5 * torch.cat([torch.eye(3), -torch.eye(3)]).double()
    drawn = fitted_gaussian(NORMAL, codes()).draw(points)
    torch.testing.assert_close(drawn.mean(0), codes().mean(0))
    torch.testing.assert_close(torch.cov(drawn.T, correction=0), torch.cov(codes().T))


def test_no_draw_leaves_the_plane_of_the_codes():
    drawn = sample_codes(fitted_gaussian(NORMAL, codes()), 100, 3, torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn[:, 2], torch.full((100,), 3.0))
    assert drawn.dtype == torch.float32


def test_draws_are_on_the_priors_support():
    drawn = fitted_gaussian(SPHERE, codes()).draw(torch.randn(40, 3, generator=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(drawn.norm(dim=1), torch.ones(40))


@pytest.mark.parametrize("size", [1, 2])
def test_codes_may_have_one_element(size):
    few = torch.tensor([[1.0] * size, [3.0] * size])
    assert fitted_gaussian(NORMAL, few).draw(torch.zeros(4, size)).tolist() == [[2.0] * size] * 4
