"""Correlation and loss of distances, against numpy's and a double sum."""

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn

from posectl.core.metrics.distances import SAMPLES, distances
from posectl.core.objectives.distance import distance_loss


def pairs(values):
    flat = values.flatten(1).numpy()
    return np.linalg.norm(flat[:, None] - flat[None], axis=-1)


def test_correlation_is_that_of_all_pairs():
    x, z = randn(30, 4, 3), randn(30, 5, seed=1)
    z[:, :4] += x[:, :, 0]
    above = np.triu_indices(30, 1)
    expected = np.corrcoef(pairs(x)[above], pairs(z)[above])[0, 1]
    score = distances(x, z)["correlation"]
    assert 0.1 < expected < 0.9
    assert score["mean"] == pytest.approx(expected, rel=1e-12)
    assert score["count"] == 1


def test_three_points_by_hand():
    # On a line at 0, 1, 3, and coded at 0, 3, 1: distances 1, 3, 2 and 3, 1, 2.
    x, z = (torch.tensor(v, dtype=torch.float64)[:, None] for v in ([0, 1, 3], [0, 3, 1]))
    score = distances(x, z)
    assert score["correlation"]["mean"] == pytest.approx(-1, rel=1e-15)
    mean = 2 * (1 + 9 + 4) / 9
    logs = [math.log(1 + square / mean) for square in (1, 9, 4)], [math.log(1 + square / mean) for square in (9, 1, 4)]
    expected = 2 * sum((a - b) ** 2 for a, b in zip(*logs, strict=True)) / 9
    assert score["loss"]["mean"] == pytest.approx(expected, rel=1e-14)


def test_loss_is_the_objectives_of_one_batch():
    x, z = randn(40, 4, 3), randn(40, 5, seed=1)
    assert distances(x, z)["loss"]["mean"] == pytest.approx(distance_loss(x[None], z[None]).item(), rel=1e-13)


def test_one_code_for_all_has_no_correlation_and_a_loss():
    score = distances(randn(9, 3), torch.ones(9, 2))
    assert score["correlation"]["mean"] is None
    assert score["loss"]["mean"] > 0


def test_no_more_samples_are_compared_than_need_be():
    x, z = randn(SAMPLES + 7, 2), randn(SAMPLES + 7, 2, seed=1)
    assert distances(x, z) == distances(x[:SAMPLES], z[:SAMPLES])
