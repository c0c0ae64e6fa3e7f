"""Where paths are fastest, of paths whose speed is known."""

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import IMAGES, POSES, along, even, swaying

from posectl.core.metrics.speed_peak import speed_peak


def of_steps(*steps):
    """A straight path (1, T, 17, 3) by steps of these lengths."""
    at = torch.tensor([0.0, *steps], dtype=torch.float64).cumsum(0)
    return along(at / at[-1])


def test_the_place_is_midway_between_the_two_samples_of_the_largest_step():
    score = speed_peak(torch.cat([of_steps(1, 1, 4, 2), of_steps(5, 1, 1, 1)]), POSES)
    assert score["alpha"]["mean"] == pytest.approx((2.5 / 4 + 0.5 / 4) / 2)


def test_the_width_is_the_share_of_steps_at_half_the_height_of_the_peak_above_the_mean():
    # Steps of 1, 1, 4, 2: mean 2, peak 4, half-way 3: one of four. Of 1, 3.5, 4, 2.5: mean 2.75, half-way 3.375: two.
    widths = [speed_peak(of_steps(*steps), POSES)["width"]["mean"] for steps in ((1, 1, 4, 2), (1, 3.5, 4, 2.5))]
    assert widths == [0.25, 0.5]


def test_a_cosine_of_speed_peaks_in_the_middle_and_is_a_third_wide():
    # 1 - a cos(2 pi t) is above 1 + a / 2 where cos < -1/2: from a third to two thirds.
    score = speed_peak(swaying(1201, 0.5), POSES)
    assert score["alpha"]["mean"] == pytest.approx(0.5, abs=1e-3)
    assert score["width"]["mean"] == pytest.approx(1 / 3, abs=2e-3)


def test_even_paths_and_those_that_stay_have_no_peak():
    still = even(9)[:, :1].expand(-1, 9, -1, -1)
    score = speed_peak(torch.cat([even(9), still, of_steps(*[1] * 7, 2)]), POSES)
    assert (score["alpha"]["undefined"], score["width"]["undefined"]) == (2, 2)
    assert score["alpha"]["mean"] == pytest.approx(7.5 / 8)


def test_the_curve_counts_peaks_by_twentieths_beside_the_normal_distribution_like_them():
    steps = torch.ones(40).double()
    places = [3, 3, 20, 36]
    paths = [of_steps(*(steps + torch.eye(40)[i]).tolist()) for i in places]
    score = speed_peak(torch.cat(paths), POSES)
    curve = score["curve"]
    np.testing.assert_allclose(curve["alpha"], np.arange(0.025, 1, 0.05))
    assert {i: share for i, share in enumerate(curve["share"].tolist()) if share} == {1: 0.5, 10: 0.25, 18: 0.25}
    mean, std = score["alpha"]["mean"], score["alpha"]["std"]
    cdf = [0.5 * (1 + math.erf((x - mean) / (std * math.sqrt(2)))) for x in np.arange(21) / 20]
    np.testing.assert_allclose(curve["normal"], np.diff(cdf), atol=1e-12)


def test_images_have_peaks_too():
    path = torch.tensor([0.0, 0.1, 0.9, 1.0]).double()[None, :, None, None, None].expand(1, 4, 1, 8, 8)
    assert speed_peak(path, IMAGES)["alpha"]["mean"] == 0.5
