"""Clusters and classes that are there to be found, and those that are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn
from scipy.optimize import minimize
from scipy.special import logsumexp

from posectl.core.metrics import classifier_accuracy as probe
from posectl.core.metrics.classifier_accuracy import Fit, classifier_accuracy
from posectl.core.metrics.clustering_accuracy import clustering_accuracy
from posectl.core.metrics.kmeans import Whitening, assign, kmeans


def clouds(count: int, seed: int, apart: float = 8.0) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` codes (count, 5) in each of three round clouds, and their labels."""
    centres = apart * torch.eye(3, 5)
    labels = torch.arange(3).repeat_interleave(count)
    return centres[labels] + randn(3 * count, 5, seed=seed).float(), labels


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_whitened_points_are_uncorrelated_and_of_length_one_each_way() -> None:
    points = randn(400, 4) @ randn(4, 4, seed=1) + 7
    white = Whitening(points)(points).numpy()
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(white.T @ white, np.eye(4), atol=1e-5)  # the published 1e-5 beside the singular values


def test_kmeans_finds_clouds_from_any_of_many_beginnings() -> None:
    points, labels = clouds(40, 0)
    centres = kmeans(points, 3, restarts=20, iterations=100, generator=generator())
    means = torch.stack([points[labels == i].mean(0) for i in range(3)])
    order = assign(means, centres)
    assert sorted(order.tolist()) == [0, 1, 2]
    torch.testing.assert_close(centres[order], means)


def test_a_centre_that_loses_its_points_stays() -> None:
    points = torch.tensor([[0.0], [0.0], [0.0], [10.0]])
    centres = kmeans(points, 2, restarts=50, iterations=10, generator=generator())
    assert sorted(centres.flatten().tolist()) == [0, 10]


def test_kmeans_reaches_the_least_inertia_of_a_brute_force() -> None:
    points = randn(9, 2).float()
    centres = kmeans(points, 2, restarts=60, iterations=100, generator=generator())
    got = (points - centres[assign(points, centres)]).square().sum().item()
    least = np.inf
    for mask in range(1, 2**8):
        chosen = np.array([(mask >> i) & 1 for i in range(9)], bool)
        halves = (points.numpy()[chosen], points.numpy()[~chosen])
        least = min(least, sum(((half - half.mean(0)) ** 2).sum() for half in halves))
    assert got == pytest.approx(least, rel=1e-5)


def test_clusters_stand_for_classes_in_whatever_order() -> None:
    codes, _ = clouds(60, 0)
    tests, test_labels = clouds(30, 1)
    for names in ([0, 1, 2], [2, 0, 1]):
        renamed = torch.tensor(names)[test_labels]
        assert clustering_accuracy(codes, tests, renamed, 3, 10, 0)["mean"] == 1
    # Labels that have nothing to do with the clouds: each cloud holds as many of each.
    assert clustering_accuracy(codes, tests, torch.arange(90) % 3, 3, 10, 0)["mean"] == pytest.approx(1 / 3)


def test_clustering_does_not_see_the_scale_of_a_direction() -> None:
    codes, _ = clouds(60, 0)
    tests, labels = clouds(30, 1)
    scale = torch.tensor([1, 100, 0.01, 5, 1e-3])
    assert clustering_accuracy(codes * scale, tests * scale, labels, 3, 10, 0)["mean"] > 0.95


def test_the_classifier_tells_what_a_line_parts_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "FIT", Fit(1e-2, 600))
    codes, labels = clouds(80, 0)
    tests, test_labels = clouds(40, 1)
    assert classifier_accuracy(codes, labels, tests, test_labels, 3, 0)["mean"] == 1
    ring = torch.cat([0.1 * randn(200, 2).float(), torch.nn.functional.normalize(randn(200, 2, seed=4).float())])
    inside = (torch.arange(400) < 200).long()
    assert classifier_accuracy(ring, inside, ring, inside, 2, 0)["mean"] < 0.8  # a circle is no line


def test_accuracies_are_functions_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "FIT", Fit(1e-2, 50))
    codes, labels = clouds(40, 0, apart=1.0)
    tests, test_labels = clouds(40, 1, apart=1.0)
    first = classifier_accuracy(codes, labels, tests, test_labels, 3, 0)
    assert classifier_accuracy(codes, labels, tests, test_labels, 3, 0) == first
    assert first["steps"] == 50


@pytest.mark.parametrize("scale", [1.0, 0.02])
def test_standardised_codes_are_told_apart_whatever_their_scale(monkeypatch: pytest.MonkeyPatch, scale: float) -> None:
    monkeypatch.setattr(probe, "FIT", Fit(1e-3, 300))
    (codes, labels), (tests, test_labels) = clouds(80, 0, apart=3.0), clouds(60, 1, apart=3.0)
    score = classifier_accuracy(codes * scale, labels, tests * scale, test_labels, 3, 0)
    # The penalised minimum by another optimiser, on codes standardised by hand.
    z = ((codes - codes.mean(0)) / codes.std(0)).double().numpy()
    one_hot = np.eye(3)[labels]

    def loss(flat: np.ndarray) -> float:
        w, b = flat[:15].reshape(3, 5), flat[15:]
        logits = z @ w.T + b
        return np.mean(logsumexp(logits, axis=1) - (logits * one_hot).sum(1)) + (w**2).sum() / (2 * len(z))

    best = minimize(loss, np.zeros(18), tol=1e-12).x
    logits = ((tests - codes.mean(0)) / codes.std(0)).double().numpy() @ best[:15].reshape(3, 5).T + best[15:]
    assert score["standardised"]["mean"] == (logits.argmax(1) == test_labels.numpy()).mean()
    assert score["standardised"]["loss"] == pytest.approx(loss(best) - (best[:15] ** 2).sum() / (2 * len(z)), rel=1e-4)
    assert score["steps"] == 300


def test_a_layer_that_has_not_converged_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "FIT", Fit(1e-2, 600))
    codes, labels = clouds(80, 0, apart=2.0)
    assert "warning" not in classifier_accuracy(codes, labels, codes, labels, 3, 0)
    small = classifier_accuracy(codes * 1e-3, labels, codes * 1e-3, labels, 3, 0)
    assert "has not converged after 600 steps: its cross-entropy is 1.0" in small["warning"]  # log 3 = 1.0986 at first
    same = classifier_accuracy(codes, labels, codes, labels, 3, 0)["standardised"]
    assert small["standardised"]["mean"] == same["mean"]


def test_features_are_classified_in_place_of_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "FIT", Fit(1e-2, 300))
    (codes, labels), (tests, test_labels) = clouds(40, 0), clouds(40, 1)
    nothing = torch.zeros_like(codes)
    score = classifier_accuracy(nothing, labels, nothing, test_labels, 3, 0, features=codes, test_features=tests)
    assert (score["mean"], score["standardised"]["mean"]) == (1, 1)
    assert classifier_accuracy(nothing, labels, nothing, test_labels, 3, 0)["mean"] == pytest.approx(1 / 3)
