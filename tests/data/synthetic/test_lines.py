"""The lines against the published figures of their renderer, and the smooth ones against closed forms.

The figures were taken from the benchmark's own drawing: luminance, distances between lines, and the scores of paths
that need no training; the scores are computed here by brute force.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from posectl.data.synthetic.lines import RENDERERS, draw, random_factors, sector

D, STEPS = 10_000, 16


def radians(*degrees: float) -> Tensor:
    return torch.deg2rad(torch.tensor(degrees, dtype=torch.float64))


@pytest.fixture(scope="module")
def grid() -> Tensor:
    """The angles (D,) that the benchmark compares with: evenly over a turn, its end left out."""
    return torch.arange(D, dtype=torch.float64) * (2 * math.pi / D)


@pytest.fixture(scope="module")
def drawn(grid: Tensor) -> Tensor:
    return draw(grid)


@pytest.fixture(scope="module")
def directions(drawn: Tensor) -> Tensor:
    """(D, 1024) float64, unit vectors."""
    return unit(drawn)


def unit(images: Tensor) -> Tensor:
    flat = images.flatten(1).double()
    return flat / flat.norm(dim=1, keepdim=True)


def light(images: Tensor) -> Tensor:
    """(N,): how many pixels' worth of white."""
    return ((images.double() + 1) / 2).sum(dim=(1, 2, 3))


@pytest.mark.parametrize(
    ("degrees", "pixels"),
    [(0, 30.0), (90, 30.0), (180, 30.0), (270, 30.0), (45, 22.0), (315, 22.0), (135, 21.2), (225, 21.2)],
)
def test_diagonals_are_thinner_as_published(degrees: int, pixels: float) -> None:
    assert light(draw(radians(degrees))).item() == pytest.approx(pixels, abs=0.05)


def test_the_mean_line_is_as_bright_as_published(drawn: Tensor) -> None:
    assert light(drawn).mean().item() == pytest.approx(27.4, abs=0.05)


def test_lines_jump_at_135_and_315_degrees_and_nowhere_else(directions: Tensor) -> None:
    distance = 1 - (directions * directions.roll(-1, 0)).sum(1)
    largest = distance.topk(3)
    assert [round(360 / D * index) for index in largest.indices[:2].tolist()] == [315, 135]
    assert largest.values[:2].tolist() == pytest.approx([0.055, 0.052], abs=5e-4)
    assert largest.values[2] < 0.005
    assert distance.mean().item() == pytest.approx(1.9e-5, rel=0.02)


@pytest.mark.parametrize(
    ("steps", "distance"), [(5, 1.35e-4), (25, 1.6e-3), (100, 1.6e-2), (500, 7.0e-2), (2500, 8.7e-2), (5000, 9.05e-2)]
)
def test_cosine_distances_grow_with_the_angle_as_published(directions: Tensor, steps: int, distance: float) -> None:
    mean = (1 - (directions * directions.roll(-steps, 0)).sum(1)).mean()
    assert mean.item() == pytest.approx(distance, rel=0.03)


@pytest.mark.parametrize(("steps", "distance"), [(1, 2.6e-4), (25, 1.9e-2), (100, 0.18), (500, 0.77), (5000, 1.00)])
def test_with_black_at_nought_the_same_lines_are_ten_times_as_far(drawn: Tensor, steps: int, distance: float) -> None:
    directions = unit((drawn + 1) / 2)
    mean = (1 - (directions * directions.roll(-steps, 0)).sum(1)).mean()
    assert mean.item() == pytest.approx(distance, rel=0.03)


def nearest(directions: Tensor, images: Tensor) -> tuple[Tensor, np.ndarray]:
    """(cosine distance, angle) of the nearest of the D lines."""
    cosine, index = (unit(images) @ directions.T).max(dim=1)
    return 1 - cosine, index.numpy() * (2 * math.pi / D)


def scores(directions: Tensor, paths: Tensor) -> tuple[float, float]:
    """(Mean Distance, Smoothness) of paths (B, T, 1, 32, 32)."""
    distance, angle = nearest(directions, paths.flatten(0, 1))
    angle = np.unwrap(angle.reshape(paths.shape[:2]), axis=1)
    longest = np.abs(np.diff(angle, axis=1)).max(1)
    smoothness = longest / np.abs(angle[:, -1] - angle[:, 0]) - 1 / (paths.shape[1] - 1)
    return distance.mean().item(), float(smoothness.mean())


def perfect(first: Tensor, last: Tensor, *, wrong_way: bool = False) -> Tensor:
    turn = torch.remainder(last - first + math.pi, 2 * math.pi) - math.pi
    turn = turn - 2 * math.pi * torch.sign(turn) * wrong_way
    alpha = torch.linspace(0, 1, STEPS, dtype=torch.float64)
    return draw((first[:, None] + turn[:, None] * alpha).flatten()).unflatten(0, (len(first), STEPS))


def cross_fade(first: Tensor, last: Tensor) -> Tensor:
    alpha = torch.linspace(0, 1, STEPS, dtype=torch.float64)[:, None, None, None]
    return (1 - alpha) * draw(first).double()[:, None] + alpha * draw(last).double()[:, None]


PAIR = torch.tensor([5 * math.pi / 7], dtype=torch.float64), torch.tensor([3 * math.pi / 2], dtype=torch.float64)


def test_the_papers_pair_scores_as_published(directions: Tensor) -> None:
    switch = torch.cat([draw(end).expand(STEPS // 2, 1, 32, 32) for end in PAIR])[None]
    assert scores(directions, perfect(*PAIR)) == pytest.approx((1.96e-7, 1.7e-5), rel=0.02)
    assert scores(directions, cross_fade(*PAIR)) == pytest.approx((7.2e-3, 0.940), rel=5e-3)
    assert scores(directions, switch) == pytest.approx((2.5e-7, 0.9333), rel=0.02)
    assert scores(directions, perfect(*PAIR, wrong_way=True)) == pytest.approx((1.8e-7, 4.4e-5), rel=0.03)


def test_random_pairs_score_as_published(directions: Tensor) -> None:
    ends = random_factors(128, torch.Generator().manual_seed(0))["angle"].view(2, 64)
    distance, smoothness = scores(directions, perfect(*ends))
    assert distance == pytest.approx(1.8e-7, rel=0.1)
    assert smoothness < 2e-3  # the grid's floor; it rests on the few pairs that lie close together
    assert scores(directions, cross_fade(*ends)) == pytest.approx((6.4e-3, 0.89), rel=0.05)


def test_blank_and_mean_images_are_as_far_from_lines_as_published(directions: Tensor, drawn: Tensor) -> None:
    blank, mean = torch.full((1, 1, 32, 32), -1.0), drawn.mean(dim=0, keepdim=True)
    assert nearest(directions, torch.cat([blank, mean]))[0].tolist() == pytest.approx([3.07e-2, 2.96e-2], abs=5e-5)


def test_the_upright_lines_are_exact() -> None:
    """15 px from the centre, 2 px wide: right, up, left, down."""
    expected = -torch.ones(4, 32, 32)
    expected[0, 15:17, 16:31] = 1
    expected[1, 1:16, 15:17] = 1
    expected[2, 15:17, 1:16] = 1
    expected[3, 16:31, 15:17] = 1
    torch.testing.assert_close(draw(radians(0, 90, 180, 270))[:, 0], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("size", [8, 32, 64])
def test_angles_turn_counterclockwise_from_the_right(renderer: str, size: int) -> None:
    degrees = np.arange(2.5, 360, 5)
    images = (draw(radians(*degrees), renderer=renderer, size=size)[:, 0].double() + 1) / 2
    across = torch.arange(size, dtype=torch.float64) + 0.5 - size / 2
    right, down = ((images.sum(axis) @ across).numpy() for axis in (1, 2))
    found = np.rad2deg(np.arctan2(-down, right)) % 360
    error = (found - degrees + 180) % 360 - 180
    # The published lines lie up to half a pixel to the side.
    assert np.abs(error).max() < (0.5 if renderer == "smooth" else 10) * 32 / size


@pytest.mark.parametrize("renderer", RENDERERS)
def test_images_are_in_range_and_do_not_depend_on_their_neighbours(renderer: str) -> None:
    angles = random_factors(1500, torch.Generator().manual_seed(1))["angle"]
    images = draw(angles, renderer=renderer)
    assert images.shape == (1500, 1, 32, 32)
    assert images.dtype == torch.float32
    assert images.min() == -1
    assert images.max() <= 1
    for index in (0, 1023, 1024, 1499):
        assert torch.equal(draw(angles[index : index + 1], renderer=renderer)[0], images[index])


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_cuda_device_draws_the_same_lines(renderer: str) -> None:
    angles = random_factors(4096, torch.Generator().manual_seed(0))["angle"]
    here, there = draw(angles, renderer=renderer), draw(angles.cuda(), renderer=renderer).cpu()
    torch.testing.assert_close(there, here, rtol=0, atol=1e-5)


def test_smooth_lines_move_no_faster_than_their_tip(grid: Tensor) -> None:
    """No pixel changes by more than the edge moves over it, on a scale of two from black to white."""
    images = draw(grid, renderer="smooth")
    steps = (images.roll(-1, 0) - images).abs().amax(dim=(1, 2, 3))
    assert steps.max() <= 2 * 15.5 * (2 * math.pi / D)


def test_smooth_lines_turn_as_a_picture_turns() -> None:
    angles = random_factors(16, torch.Generator().manual_seed(2))["angle"]
    turned = torch.rot90(draw(angles, renderer="smooth"), dims=(2, 3))
    torch.testing.assert_close(draw(angles + math.pi / 2, renderer="smooth"), turned, rtol=0, atol=1e-5)


def test_smooth_lines_are_as_bright_as_their_area(grid: Tensor) -> None:
    """A bar of 14 x 2 px with two half discs of 1 px radius."""
    brightness = light(draw(grid, renderer="smooth"))
    assert brightness.mean().item() == pytest.approx(28 + math.pi, rel=0.01)
    assert (brightness.max() - brightness.min()) / brightness.mean() < 0.03


def test_sectors_are_ten_as_published() -> None:
    angles = random_factors(1000, torch.Generator().manual_seed(3))["angle"]
    assert sector(angles).tolist() == [int(10 * angle / (2 * math.pi - 1e-6)) for angle in angles.tolist()]
    assert sector(radians(0, 35.9, 36.1, 359.9)).tolist() == [0, 0, 1, 9]
    assert sector(torch.tensor([math.nextafter(2 * math.pi, 0)], dtype=torch.float64)).item() == 9


def test_random_angles_are_uniform_over_a_turn() -> None:
    angles = random_factors(20_000, torch.Generator().manual_seed(4))["angle"].numpy() / (2 * math.pi)
    assert angles.min() >= 0
    assert angles.max() < 1
    # The largest gap between the empirical and the uniform distribution; 1.63 / sqrt(n) at one per cent.
    gap = np.abs(np.sort(angles) - np.arange(20_000) / 20_000).max()
    assert gap < 1.63 / math.sqrt(20_000)
