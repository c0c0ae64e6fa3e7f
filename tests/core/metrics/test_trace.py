"""Where paths are among the factors: the short way round, and the nearest real image by each distance."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn
from core.metrics.known_traces import PERIODS, TURN, trace

from posectl.core.metrics.trace import interpolate_factors, retrieve, wrapped
from posectl.errors import UsageError


def test_differences_of_angles_go_the_short_way_round() -> None:
    periods = torch.tensor([360.0, math.inf], dtype=torch.float64)
    differences = torch.tensor([[350.0, 350.0], [-190.0, -190.0], [170.0, 0.0], [725.0, 1.0]], dtype=torch.float64)
    expected = torch.tensor([[-10.0, 350.0], [170.0, -190.0], [170.0, 0.0], [5.0, 1.0]], dtype=torch.float64)
    assert torch.equal(wrapped(differences, periods), expected)


def test_the_even_way_crosses_the_seam() -> None:
    ends = torch.tensor([[350.0, 50.0], [10.0, 70.0]], dtype=torch.float64)
    periods, alpha = torch.tensor([360.0, math.inf]), torch.tensor([0, 0.25, 1], dtype=torch.float64)
    path = interpolate_factors(ends[:1], ends[1:], periods, alpha)
    assert path.tolist() == [[[350.0, 50.0], [355.0, 55.0], [370.0, 70.0]]]


def test_steps_add_up_like_numpys_unwrap() -> None:
    angles = torch.remainder(randn(20, 16).cumsum(1), TURN)
    unwrapped = np.unwrap(angles.numpy(), axis=1)
    steps = wrapped(angles[..., None].diff(dim=1), PERIODS)[..., 0]
    np.testing.assert_allclose(steps.numpy(), np.diff(unwrapped, axis=1), atol=1e-12)
    np.testing.assert_allclose(trace(angles).steps.numpy(), np.abs(np.diff(unwrapped, axis=1)), atol=1e-12)


@pytest.mark.parametrize("metric", ["l2", "l1", "cosine"])
def test_retrieval_equals_a_brute_force(metric: str) -> None:
    images, gallery = randn(3, 4, 1, 5, 5), randn(30, 1, 5, 5, seed=1)
    flat, all_ = images.flatten(2).numpy()[:, :, None], gallery.flatten(1).numpy()
    if metric == "cosine":
        far = -(flat * all_).sum(-1) / np.linalg.norm(flat, axis=-1) / np.linalg.norm(all_, axis=-1)
    else:
        far = (np.abs(flat - all_) ** (1 if metric == "l1" else 2)).sum(-1)
    index, gap = retrieve(images, gallery, metric)
    assert np.array_equal(index.numpy(), far.argmin(-1))
    nearest = all_[far.argmin(-1)]
    np.testing.assert_allclose(gap.numpy(), np.sqrt(((flat[:, :, 0] - nearest) ** 2).mean(-1)), rtol=1e-12)


def test_l1_and_l2_may_choose_differently() -> None:
    image = torch.zeros(1, 1, 2, 2)
    gallery = torch.stack([torch.tensor([[[0.9, 0], [0, 0]]]), torch.full((1, 2, 2), 0.4)])
    assert retrieve(image, gallery, "l1")[0].tolist() == [0]
    assert retrieve(image, gallery, "l2")[0].tolist() == [1]


def test_an_unknown_distance_is_told() -> None:
    with pytest.raises(UsageError, match="l3"):
        retrieve(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), "l3")  # type: ignore[arg-type]
