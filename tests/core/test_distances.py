"""Distances of samples against a float64 brute force, the same to the bit however they are cut and laid out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.known_paths import blocks_of, randn

from posectl.core.distances import mean_per_joint, mean_square, root_mean_square


def test_joints_five_metres_and_one_apart_are_three_apart_in_the_mean() -> None:
    a, b = torch.zeros(2, 3), torch.tensor([[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    assert mean_per_joint(a, b).item() == 3.0


@pytest.mark.parametrize("size", [(1, 4, 4), (3, 5, 7), (1, 1, 1)])
def test_images_differ_by_the_root_mean_square_over_elements(size: tuple[int, ...]) -> None:
    a, b = randn(4, 6, *size), randn(4, 6, *size, seed=1)
    expected = np.sqrt(((a.numpy() - b.numpy()) ** 2).mean((-3, -2, -1)))
    np.testing.assert_allclose(root_mean_square(a, b).numpy(), expected, rtol=1e-14)
    np.testing.assert_allclose(mean_square(a, b).numpy(), expected**2, rtol=1e-14)


def test_black_and_white_are_two_apart() -> None:
    assert root_mean_square(torch.full((1, 3, 3), -1.0), torch.full((1, 3, 3), 1.0)).item() == 2


@pytest.mark.parametrize("block", [1, 13, 400])
def test_no_bit_depends_on_blocks_or_layout(block: int) -> None:
    a, b = randn(6, 5, 3, 7, 9).float(), randn(6, 1, 3, 7, 9, seed=1).float()
    expected = mean_square(a, b)
    with blocks_of(block):
        assert torch.equal(mean_square(a, b), expected)
    last_first = a.permute(2, 3, 4, 0, 1).contiguous().permute(3, 4, 0, 1, 2)
    assert torch.equal(mean_square(last_first, b), expected)
