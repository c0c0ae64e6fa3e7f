"""Correlation and loss of distances, against numpy's and a double sum."""

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn

from posectl.core.kinds import KINDS
from posectl.core.metrics.distances import SAMPLES, distances
from posectl.core.objectives.distance import distance_loss

POSES, CLOUDS = KINDS.get("poses"), KINDS.get("clouds")


def pairs(values):
    flat = values.flatten(1).numpy()
    return np.linalg.norm(flat[:, None] - flat[None], axis=-1)


def test_correlation_is_that_of_all_pairs():
    x, z = randn(30, 4, 3), randn(30, 5, seed=1)
    z[:, :4] += x[:, :, 0]
    above = np.triu_indices(30, 1)
    expected = np.corrcoef(pairs(x)[above], pairs(z)[above])[0, 1]
    score = distances(x, z, POSES)["correlation"]
    assert 0.1 < expected < 0.9
    assert score["mean"] == pytest.approx(expected, rel=1e-12)
    assert score["count"] == 1


def test_three_points_by_hand():
    # On a line at 0, 1, 3, and coded at 0, 3, 1: distances 1, 3, 2 and 3, 1, 2.
    x, z = (torch.tensor(v, dtype=torch.float64)[:, None] for v in ([0, 1, 3], [0, 3, 1]))
    score = distances(x, z, POSES)
    assert score["correlation"]["mean"] == pytest.approx(-1, rel=1e-15)
    mean = 2 * (1 + 9 + 4) / 9
    logs = [math.log(1 + square / mean) for square in (1, 9, 4)], [math.log(1 + square / mean) for square in (9, 1, 4)]
    expected = 2 * sum((a - b) ** 2 for a, b in zip(*logs, strict=True)) / 9
    assert score["loss"]["mean"] == pytest.approx(expected, rel=1e-14)


def test_loss_is_the_objectives_of_one_batch():
    x, z = randn(40, 4, 3), randn(40, 5, seed=1)
    expected = distance_loss(x[None], z[None], POSES).item()
    assert distances(x, z, POSES)["loss"]["mean"] == pytest.approx(expected, rel=1e-13)


def test_one_code_for_all_has_no_correlation_and_a_loss():
    score = distances(randn(9, 3), torch.ones(9, 2), POSES)
    assert score["correlation"]["mean"] is None
    assert score["loss"]["mean"] > 0


def test_no_more_samples_are_compared_than_need_be():
    x, z = randn(SAMPLES + 7, 2), randn(SAMPLES + 7, 2, seed=1)
    assert distances(x, z, POSES) == distances(x[:SAMPLES], z[:SAMPLES], POSES)


def test_clouds_are_as_far_apart_whatever_the_order_of_their_points():
    x, z = randn(6, 64, 3), randn(6, 4, seed=1)
    shuffled = torch.stack(
        [cloud[torch.randperm(64, generator=torch.Generator().manual_seed(i))] for i, cloud in enumerate(x)]
    )
    squares = CLOUDS.pairwise_squares(x[None])[0]
    apart = np.linalg.norm(x.numpy()[0][:, None] - x.numpy()[1][None], axis=-1) ** 2
    assert squares[0, 1].item() == pytest.approx((apart.min(0).mean() + apart.min(1).mean()) / 2, rel=1e-12)
    assert torch.equal(squares, squares.T)
    assert squares.diagonal().eq(0).all()
    of, again = (distances(each, z, CLOUDS)["correlation"]["mean"] for each in (x, shuffled))
    assert of == pytest.approx(again, rel=1e-12)
