"""Mixtures of Gaussians: densities and moments by hand, what EM finds, and what too few codes do."""

import math

import pytest
import torch

from posectl.core.latent.mixture import Mixture, fitted_mixture, fitting_components
from posectl.core.random import generator


def two_heaps(count=4000):
    """A quarter of the codes about (-3, 0), narrow, the others about (3, 1), along a diagonal."""
    noise = torch.randn(count, 2, generator=generator(0, "heaps"), dtype=torch.float64)
    some = torch.arange(count) % 4 == 0
    narrow = 0.1 * noise + torch.tensor([-3.0, 0.0])
    slanted = noise @ torch.tensor([[1.0, 0.5], [0.0, 0.2]], dtype=torch.float64) + torch.tensor([3.0, 1.0])
    return torch.where(some[:, None], narrow, slanted), some


def test_a_density_is_the_weighted_sum_of_the_gaussians():
    roots = torch.tensor([[[2.0, 0.0], [1.0, 0.5]], [[1.0, 0.0], [0.0, 1.0]]])
    mixture = Mixture(torch.tensor([0.3, 0.7]), torch.tensor([[1.0, -1.0], [0.0, 2.0]]), roots)
    code = torch.tensor([[0.5, 0.25]])
    expected = 0.0
    for weight, mean, root in zip(mixture.weights.double(), mixture.means.double(), roots.double(), strict=True):
        covariance, off = root @ root.T, code[0].double() - mean
        exponent = -0.5 * float(off @ torch.linalg.inv(covariance) @ off)
        expected += float(weight) * math.exp(exponent) / (2 * math.pi * math.sqrt(float(torch.linalg.det(covariance))))
    assert mixture.log_density(code).exp().item() == pytest.approx(expected, rel=1e-6)


def test_em_finds_two_heaps_and_their_moments():
    codes, some = two_heaps()
    found = fitted_mixture(codes, 2, generator(1, "em"))
    order = found.means[:, 0].argsort()
    torch.testing.assert_close(found.weights[order], torch.tensor([0.25, 0.75]).double(), atol=1e-3, rtol=0)
    for component, rows in zip(order, (some, ~some), strict=True):
        torch.testing.assert_close(found.means[component], codes[rows].mean(0), atol=1e-3, rtol=0)
        covariance = found.roots[component] @ found.roots[component].mT
        torch.testing.assert_close(covariance, torch.cov(codes[rows].T, correction=0), atol=1e-3, rtol=1e-3)


def test_one_component_is_the_gaussian_of_the_codes():
    codes, _ = two_heaps(500)
    found = fitted_mixture(codes, 1, generator(0, "em"))
    torch.testing.assert_close(found.means[0], codes.mean(0))
    torch.testing.assert_close(found.roots[0] @ found.roots[0].mT, torch.cov(codes.T, correction=0), rtol=1e-3, atol=0)


def test_codes_far_from_the_origin_are_fitted_as_those_about_it():
    codes, _ = two_heaps()
    near, far = (fitted_mixture(codes + off, 4, generator(0, "em")) for off in (0.0, 1e5))
    torch.testing.assert_close(far.weights, near.weights, atol=0, rtol=1e-6)
    torch.testing.assert_close(far.means - 1e5, near.means, atol=1e-6, rtol=0)
    torch.testing.assert_close(far.roots, near.roots, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(far.log_density(codes + 1e5), near.log_density(codes), atol=1e-5, rtol=0)


def test_more_components_make_the_codes_no_less_likely():
    codes, _ = two_heaps()
    mean = [float(fitted_mixture(codes, k, generator(0, "em")).log_density(codes).mean()) for k in (1, 2, 8)]
    assert mean[0] < mean[1] - 1
    assert mean[1] < mean[2] + 1e-3


def test_draws_have_the_moments_of_the_codes():
    codes, _ = two_heaps()
    found = fitted_mixture(codes, 4, generator(0, "em"))
    g = generator(5, "draws")
    drawn = found.draw(torch.randn(200_000, 2, generator=g).double(), torch.rand(200_000, generator=g))
    torch.testing.assert_close(drawn.mean(0), codes.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(codes.T), atol=0.05, rtol=0.02)


def test_the_components_of_draws_are_as_frequent_as_their_weights():
    mixture = Mixture(torch.tensor([0.2, 0.5, 0.3]), torch.arange(3.0)[:, None], torch.zeros(3, 1, 1))
    drawn = mixture.draw(torch.zeros(1000, 1), (torch.arange(1000) + 0.5) / 1000)
    assert [int((drawn == value).sum()) for value in range(3)] == [200, 500, 300]


@pytest.mark.parametrize(
    ("codes", "components"),
    [(torch.ones(1, 3), 1), (torch.zeros(40, 3), 3), (torch.cat([torch.zeros(39, 3), torch.ones(1, 3)]), 3)],
)
def test_codes_in_one_point_are_drawn_there(codes, components):
    found = fitted_mixture(codes, components, generator(0, "em"))
    g = generator(0, "draws")
    drawn = found.draw(torch.randn(50, 3, generator=g).double(), torch.rand(50, generator=g))
    assert drawn.isfinite().all()
    assert torch.cdist(drawn, codes.double()).amin(1).max() < 0.02


def test_few_codes_tell_of_few_components():
    assert [fitting_components(n, 4, 32) for n in (2, 80, 400, 10_000)] == [1, 2, 10, 32]
    assert fitting_components(10**6, 64, 32) == 8
