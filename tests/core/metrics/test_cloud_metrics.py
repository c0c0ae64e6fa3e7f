"""Metrics of clouds: distances by hand and by brute force, and sets of clouds whose scores are known."""

from __future__ import annotations

import itertools
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from posectl.api import metrics
from posectl.core.metrics import cloud_distances as module
from posectl.core.metrics.alpha_chamfer import alpha_chamfer
from posectl.core.metrics.cloud_assignment import assign
from posectl.core.metrics.cloud_distances import CloudSets, chamfer, earth_mover
from posectl.core.metrics.jsd import jsd
from posectl.core.metrics.matching_coverage import matching_coverage
from posectl.core.metrics.minimum_matching_distance import minimum_matching_distance
from posectl.core.metrics.one_nearest_neighbour import one_nearest_neighbour
from posectl.core.metrics.reconstruction_chamfer import reconstruction_chamfer
from posectl.core.metrics.reconstruction_emd import reconstruction_emd
from posectl.errors import InvalidInputError, TooFewError


def squares(a: Tensor, b: Tensor) -> np.ndarray:
    """Squared distances (P, Q) between all points, each by itself."""
    return ((a.double().numpy()[:, None] - b.double().numpy()[None]) ** 2).sum(-1)


def brute_chamfer(a: Tensor, b: Tensor) -> float:
    apart = squares(a, b)
    return apart.min(1).mean() + apart.min(0).mean()


def cloud_at(*x: float, spread: float = 0.01) -> Tensor:
    """Clouds (N, 8, 3), the corners of a small cube about (x, 0, 0)."""
    corners = torch.tensor(list(itertools.product((-spread, spread), repeat=3)), dtype=torch.float64)
    return corners + torch.tensor(x, dtype=torch.float64)[:, None, None] * torch.eye(3, dtype=torch.float64)[0]


def test_chamfer_of_three_points_by_hand() -> None:
    a, b = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 3, 0]]), torch.tensor([[0.0, 0, 2], [1, 1, 0]])
    # From a: 2, 1 and 5; from b: 4 and 1.
    assert chamfer(a, b).item() == pytest.approx(8 / 3 + 5 / 2, rel=1e-15)


@pytest.mark.parametrize("compiled", [True, False])
def test_chamfer_equals_a_float64_brute_force(compiled: bool) -> None:
    a, b = randn(4, 50, 3).float(), 0.5 * randn(3, 70, 3, seed=1).float() + 0.3
    with mock.patch.object(module, "compiles", return_value=compiled):
        whole = chamfer(a[:, None], b[None])
    expected = [[brute_chamfer(x, y) for y in b] for x in a]
    np.testing.assert_allclose(whole.numpy(), expected, rtol=1e-13)


def test_equal_first_coordinates_hide_no_nearest_point() -> None:
    grid = torch.cartesian_prod(*[torch.arange(4.0)] * 3)
    shifted = grid + torch.tensor([0.0, 0.0, 0.25])
    assert chamfer(grid, shifted).item() == 2 * 0.25**2


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("block", [1, 700, 1 << 20])
def test_nothing_depends_on_the_block_size(block: int, compiled: bool) -> None:
    a, b = randn(3, 40, 3), randn(5, 60, 3, seed=1)
    with mock.patch.object(module, "compiles", return_value=compiled):
        whole = chamfer(a[:, None], b[None])
        with mock.patch.object(module, "BLOCK", block):
            assert torch.equal(chamfer(a[:, None], b[None]), whole)


@pytest.mark.parametrize("compiled", [True, False])
def test_earth_mover_is_the_best_of_all_permutations(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "compiles", lambda dtype: compiled)
    a, b = randn(2, 6, 3), randn(2, 6, 3, seed=1)
    lengths = [np.sqrt(squares(x, y)) for x, y in zip(a, b, strict=True)]
    best = [min(d[range(6), list(order)].mean() for order in itertools.permutations(range(6))) for d in lengths]
    np.testing.assert_allclose(earth_mover(a, b).numpy(), best, rtol=1e-13)


def clouds_to_match(sort: str) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    a, b = random.normal(size=(2, 200, 3))
    if sort == "a line":
        a[:, 1:] = b[:, 1:] = 0
    elif sort == "a grid":  # of few points, each many times: nearly all distances are ties
        a, b = np.round(a), np.round(b)
    elif sort == "one point":
        b[:] = 0.5
    elif sort == "the same":
        b = a[random.permutation(200)]
    elif sort == "far":
        b = 1e6 + 1e-3 * b
    return a, b


@pytest.mark.parametrize("sort", ["scattered", "a line", "a grid", "one point", "the same", "far"])
def test_the_assignment_is_one_to_one_and_as_cheap_as_scipys(sort: str) -> None:
    a, b = clouds_to_match(sort)
    cost = np.linalg.norm(a[:, None] - b[None], axis=2)
    found = module.assignment(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    assert sorted(found) == list(range(200))
    least = cost[linear_sum_assignment(cost)].sum()
    assert cost[np.arange(200), found].sum() == pytest.approx(least, rel=1e-12, abs=1e-12)


def test_every_small_table_is_assigned_at_the_least_sum() -> None:
    random = np.random.default_rng(0)
    for turn in range(300):
        n = 1 + turn % 5
        cost = random.integers(-3, 4, (n, n)).astype(float) if turn % 2 else random.normal(size=(n, n))
        column = np.empty(n, np.int64)
        assign(cost, column)
        of_all = [cost[range(n), order].sum() for order in itertools.permutations(range(n))]
        assert cost[range(n), column].sum() == pytest.approx(min(of_all), abs=1e-12)


def test_earth_mover_of_a_shift_is_its_length_and_unlike_counts_are_refused() -> None:
    cloud = randn(200, 3)
    assert earth_mover(cloud, cloud.flip(0) + torch.tensor([0.0, 0.3, 0.4])).item() == pytest.approx(0.5)
    with pytest.raises(InvalidInputError, match="200 and 199 points"):
        earth_mover(cloud, cloud[1:])


def test_reconstructions_by_hand() -> None:
    clouds = cloud_at(0, 1, 2)
    shifts = torch.tensor([0.0, 0.001, 0.003])[:, None, None] * torch.eye(3)[1]
    score = reconstruction_chamfer(clouds, clouds + shifts)
    assert (score["mean"], score["count"]) == (pytest.approx(2 * (1e-6 + 9e-6) / 3), 3)
    assert reconstruction_emd(clouds, clouds + shifts)["mean"] == pytest.approx(0.004 / 3)


def test_the_error_over_alpha_is_of_the_clouds_between() -> None:
    truth = cloud_at(0, 1, 2, 3).view(1, 4, 8, 3)
    off = torch.tensor([0.004, 0.001, 0.003, 0.002])[:, None, None] * torch.eye(3)[2]
    score = alpha_chamfer(truth + off, truth)
    assert score["mean"] == pytest.approx(1e-6 + 9e-6)
    assert score["curve"]["alpha"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert score["curve"]["mean"].tolist() == pytest.approx([32e-6, 2e-6, 18e-6, 8e-6])


def test_matching_counted_by_hand() -> None:
    # Clouds of one shape at 0, 1 and 4, and samples at 0.2 and 1.1: squares of 0.2, 0.1 and 2.9, both ways.
    sets = CloudSets(cloud_at(0.2, 1.1, spread=0), cloud_at(0, 1, 4, spread=0))
    distance = minimum_matching_distance(sets)
    assert distance["chamfer"]["mean"] == pytest.approx(2 * (0.04 + 0.01 + 8.41) / 3)
    assert distance["emd"]["mean"] == pytest.approx((0.2 + 0.1 + 2.9) / 3)
    coverage = matching_coverage(sets)
    assert (coverage["chamfer"]["mean"], coverage["emd"]["mean"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_samples_come_first_and_real_clouds_second() -> None:
    few, many = cloud_at(0.1, 0.2), cloud_at(0, 1, 2, 3)
    assert matching_coverage(CloudSets(few, many))["chamfer"]["mean"] == 0.25
    assert matching_coverage(CloudSets(many, few))["chamfer"]["mean"] == 1
    assert minimum_matching_distance(CloudSets(few, many))["emd"]["count"] == 4


def test_the_nearest_neighbour_tells_sets_apart_as_counted_by_hand() -> None:
    # On a line: samples at 0, 1.1 and 8, real clouds at 0.4, 9 and 9.3. The nearest other of each: 0.4 (no), 0.4
    # (no), 9 (no), 0 (no), 9.3 (yes), 9 (yes).
    score = one_nearest_neighbour(CloudSets(cloud_at(0, 1.1, 8), cloud_at(0.4, 9, 9.3)))
    assert (score["chamfer"]["mean"], score["chamfer"]["count"]) == (pytest.approx(2 / 6), 6)
    assert score["emd"]["mean"] == pytest.approx(2 / 6)


def test_of_unlike_numbers_as_many_are_told_apart() -> None:
    assert one_nearest_neighbour(CloudSets(cloud_at(0, 1), cloud_at(9, 9.1, 0.2)))["chamfer"]["count"] == 4
    with pytest.raises(TooFewError, match="two or more"):
        one_nearest_neighbour(CloudSets(cloud_at(0), cloud_at(9)))


def test_samples_of_the_same_source_are_told_apart_half_the_time() -> None:
    clouds = 0.05 * randn(600, 1, 3) + cloud_at(0)
    score = one_nearest_neighbour(CloudSets(clouds[::2], clouds[1::2]))
    # The standard deviation of 600 even draws is 0.02.
    assert score["chamfer"]["mean"] == pytest.approx(0.5, abs=0.06)


def test_divergence_in_bits_by_hand() -> None:
    # Points at two places: p = (3/4, 1/4), q = (1/4, 3/4).
    left, right = torch.tensor([-0.5, 0, 0]), torch.tensor([0.5, 0, 0])
    p, q = torch.stack([left] * 3 + [right]), torch.stack([left] + [right] * 3)
    expected = 0.75 * np.log2(1.5) + 0.25 * np.log2(0.5)
    assert jsd(p[None], q.expand(5, 4, 3))["mean"] == pytest.approx(expected, rel=1e-12)
    assert jsd(p[None], p[None])["mean"] == 0


@pytest.mark.parametrize("radius", [0.5, 3.0])
def test_points_count_at_the_nearest_place_within_the_ball_that_the_reference_fills(radius: float) -> None:
    # The first point of either fills the ball; of 27 steps across it, the second is at 0.98 or 1.02 from the middle.
    def pair(*at: float) -> Tensor:
        return radius * torch.tensor([[[0, 0, 1.0], [x / 27, 0, 0]] for x in at], dtype=torch.float64)

    assert jsd(pair(1.98), pair(1.02))["mean"] == 0  # both nearest to 1/27
    assert jsd(pair(1.98), pair(2.02))["mean"] == 0.5  # 1/27 and 3/27; the other half of the points agrees
    assert jsd(1.2 * pair(0.1), pair(0.1))["mean"] == 0  # beyond the ball they count at its rim
    score = jsd(1.2 * pair(0.1), pair(0.1))
    assert score["beyond"] == 0.5
    assert score["warning"].startswith("50% of the samples' points")
    assert "warning" not in jsd(pair(0.1), pair(0.1))


def test_exact_assignments_are_of_a_hundred_clouds_of_256_points() -> None:
    sets = CloudSets(randn(130, 300, 3), randn(110, 400, 3), seed=3)
    assert (sets.few.samples.shape, sets.few.reference.shape) == ((100, 256, 3), (100, 256, 3))
    assert torch.equal(sets.few.samples, CloudSets(randn(130, 300, 3), randn(1, 300, 3), seed=3).few.samples)
    points = {tuple(point) for point in randn(130, 300, 3).view(-1, 3).tolist()}
    assert {tuple(point) for point in sets.few.samples.reshape(-1, 3).tolist()} < points


def test_arrays_serve_in_place_of_the_sets_that_metrics_share() -> None:
    a, b = cloud_at(0.2, 1.1), cloud_at(0, 1, 4)
    assert metrics.matching_coverage(a.numpy(), cloud_reference=b.numpy()) == matching_coverage(CloudSets(a, b))


def test_real_clouds_are_measured_among_themselves_once_for_all_models(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []

    def counted(measure: Any, clouds: Tensor) -> Tensor:
        measured.append(len(clouds))
        return among(measure, clouds)

    among = module._among
    monkeypatch.setattr(module, "_among", counted)
    real, other = randn(4, 20, 3, seed=5), randn(4, 20, 3, seed=6)
    for reference, clouds in (
        (real, [3, 4, 3, 4]),
        (real.clone(), [3, 3]),
        (other, [3, 4, 3, 4]),
        (real, [3, 4, 3, 4]),
    ):
        measured.clear()
        within = CloudSets(randn(3, 20, 3), reference).within
        assert measured == clouds
        torch.testing.assert_close(within["chamfer"][1], chamfer(reference[:, None], reference[None]), rtol=0, atol=0)
