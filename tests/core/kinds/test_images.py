"""Images: mean squares over elements, four times those of images in [0, 1]."""

import numpy as np
import pytest
import torch

from posectl.core.kinds import KINDS

IMAGES = KINDS.get("images")


def uniform(*shape, seed=0):
    return 2 * torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) - 1


def test_losses_and_errors_are_mean_squares_of_elements():
    x, x_hat = uniform(2, 5, 3, 4, 6), uniform(2, 5, 3, 4, 6, seed=1)
    squares = (x_hat.double() - x.double()).numpy() ** 2
    np.testing.assert_allclose(IMAGES.mean_square(x_hat - x).numpy(), squares.mean((1, 2, 3, 4)), rtol=1e-6)
    np.testing.assert_allclose(IMAGES.errors(x, x_hat).numpy(), squares.mean((2, 3, 4)), rtol=1e-6)


def test_black_against_white_is_four_where_it_is_one_in_zero_to_one():
    assert IMAGES.mean_square(torch.full((1, 2, 1, 3, 3), 2.0)).item() == 4


def test_the_distance_is_the_root_mean_square_in_float64():
    a, b = uniform(6, 1, 5, 5), uniform(6, 1, 5, 5, seed=1)
    expected = np.sqrt(((a.double() - b.double()).numpy() ** 2).mean((1, 2, 3)))
    distance = IMAGES.distance(a, b)
    assert distance.dtype == torch.float64
    np.testing.assert_allclose(distance.numpy(), expected, rtol=1e-14)


def test_the_speed_is_the_root_mean_square_of_elements():
    velocity = torch.tensor([[[[[3.0, 4.0], [0.0, 1.0]]]]])
    assert IMAGES.speed(velocity).item() == pytest.approx((26 / 4) ** 0.5)


@pytest.mark.parametrize(
    ("shape", "fits"),
    [((1, 8, 8), True), ((3, 8, 4), True), ((2, 8, 8), False), ((8, 8), False), ((1, 1, 8, 8), False)],
)
def test_it_accepts_one_channel_or_three(shape, fits):
    assert IMAGES.accepts(shape) is fits


def test_what_trains_and_measures_it_is_as_published():
    assert (IMAGES.unit, IMAGES.path_unit) == ("1", "1")
    assert (IMAGES.prior, IMAGES.net, IMAGES.likelihood) == ("normal", "conv", "bernoulli")
    # ACAI, section 3.2: the cosine distance of interpolations to the nearest image.
    assert (IMAGES.search, IMAGES.path_search) == ("l2", "cosine")
    # Denoising: noise of deviation 1 on images in [-1, 1]. GAIA: absolute errors of images in [0, 1].
    assert (IMAGES.noise, IMAGES.intensity) == (1.0, 2.0)
