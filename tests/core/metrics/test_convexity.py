"""The share of mixed codes inside the balls of real ones, on sets whose shape is known."""

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn

from posectl.core.latent.paths import between
from posectl.core.metrics.convexity import convexity
from posectl.errors import TooFewError


def brute(paths, real, k):
    """By full distance matrices."""
    paths, real = paths.double().numpy(), real.double().numpy()
    radius = np.sort(np.linalg.norm(real[:, None] - real[None], axis=-1), axis=1)[:, k]
    return (np.linalg.norm(paths[:, :, None] - real, axis=-1) < radius).any(-1)


def test_share_and_curve_are_those_of_brute_force():
    paths, real = between(randn(12, 3).float(), randn(12, 3, seed=1).float(), 7, "lerp"), randn(40, 3, seed=2).float()
    inside = brute(paths, real, 1)
    score = convexity(paths, real, k=1)
    assert 0.2 < inside.mean() < 0.9
    assert score["mean"] == pytest.approx(inside[:, 1:-1].mean(), rel=1e-12)
    assert score["ends"] == pytest.approx(inside[:, [0, -1]].mean(), rel=1e-12)
    np.testing.assert_allclose(score["curve"]["mean"].numpy(), inside.mean(0), rtol=1e-12)
    np.testing.assert_allclose(score["curve"]["alpha"].numpy(), np.arange(7) / 6)
    assert (score["k"], score["count"]) == (1, 60)


def grid(inner):
    """Points of the plane a tenth apart, between so many units and one from the origin."""
    x, y = torch.meshgrid(*[torch.arange(-10, 11, dtype=torch.float64) / 10] * 2, indexing="ij")
    far = torch.hypot(x, y)
    return torch.stack([x, y], -1)[(far <= 1.001) & (far >= inner)]


def test_a_disc_is_convex_and_a_ring_is_not():
    angle = torch.arange(16, dtype=torch.float64) * math.pi / 8
    ends = torch.stack([angle.cos(), angle.sin()], -1) * 0.9
    paths = between(ends, -ends, 11, "lerp")
    assert convexity(paths, grid(0))["mean"] == 1
    ring = convexity(paths, grid(0.75))
    # Within 0.15 of a point of the ring: alpha 0.1 and 0.9 at the rim's 0.72; 0.54 and nearer lie in the hole.
    assert ring["ends"] == 1
    assert ring["curve"]["mean"].tolist() == [1, 1, *[0] * 7, 1, 1]
    assert ring["mean"] == pytest.approx(2 / 9)


def test_what_lies_on_the_surface_of_a_ball_is_outside():
    real = torch.tensor([[0.0], [1.0]])
    paths = torch.tensor([[[0.0], [-1.0], [-0.5], [1.0]]])
    assert convexity(paths, real, k=1)["curve"]["mean"].tolist() == [1, 0, 1, 1]


def test_paths_of_their_ends_alone_have_no_share():
    score = convexity(randn(3, 2, 2), randn(9, 2, seed=1))
    assert score["mean"] is None
    assert score["ends"] is not None


def test_too_few_codes_for_a_kth_neighbour_are_refused():
    with pytest.raises(TooFewError, match="more than 5"):
        convexity(randn(3, 4, 2), randn(5, 2))
