"""Errors against true images, and the four conditions of admissibility, on images small enough to count by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from core.metrics.known_paths import IMAGES, randn
from core.metrics.known_traces import trace
from torch import Tensor

from posectl.core.metrics.admissibility import admissibility
from posectl.core.metrics.alpha_mse import alpha_mse
from posectl.core.metrics.interval_mse import interval_mse
from posectl.core.metrics.mean_distance import mean_distance
from posectl.core.metrics.reconstruction_mse import reconstruction_mse


def grey(levels: list[list[float]]) -> Tensor:
    """Paths (B, T, 1, 2, 2) of even images of these levels."""
    return torch.tensor(levels, dtype=torch.float64)[..., None, None, None].expand(-1, -1, 1, 2, 2)


def test_the_error_is_of_the_images_between_and_the_curve_of_all() -> None:
    truth, paths = grey([[0, 0, 0, 0], [0, 0, 0, 0]]), grey([[1, 0.1, 0.3, 0], [1, 0.3, 0.3, 0]])
    score = alpha_mse(paths, truth)
    assert score["mean"] == pytest.approx((0.01 + 3 * 0.09) / 4)
    assert score["curve"]["alpha"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert score["curve"]["mean"].tolist() == pytest.approx([1, 0.05, 0.09, 0])
    assert score["curve"]["std"].tolist() == pytest.approx([0, np.std([0.01, 0.09], ddof=1), 0, 0])


def test_images_without_truth_are_left_out() -> None:
    truth, paths = grey([[0, torch.nan, 0], [0, 0, 0]]), grey([[0, 1, 0], [0, 0.5, 0]])
    score = alpha_mse(paths, truth)
    assert (score["mean"], score["count"], score["undefined"]) == (pytest.approx(0.25), 1, 1)
    assert score["curve"]["mean"][1].item() == pytest.approx(0.25)


def test_every_length_counts_once_however_many_images_it_has() -> None:
    sweep = [(15.0, grey([[0, 1, 0]]), grey([[0, 0, 0]])), (20.0, grey([[0, 2, 0, 0]] * 3), grey([[0, 0, 0, 0]] * 3))]
    score = interval_mse(sweep)
    assert score["curve"]["degrees"].tolist() == [15, 20]
    assert score["curve"]["mean"].tolist() == pytest.approx([1, 2])
    assert score["mean"] == pytest.approx(1.5)
    assert score["curve"]["std"][1].item() == pytest.approx(np.std([4, 0] * 3, ddof=1))


def test_reconstruction_error_equals_a_brute_force() -> None:
    a, b = randn(9, 3, 4, 4), randn(9, 3, 4, 4, seed=1)
    expected = ((a - b) ** 2).numpy().mean((1, 2, 3))
    score = reconstruction_mse(a, b, IMAGES)
    assert score["mean"] == pytest.approx(expected.mean(), rel=1e-12)
    assert score["std"] == pytest.approx(expected.std(ddof=1), rel=1e-12)


def test_mean_distance_of_images_is_the_cosine_to_the_nearest() -> None:
    paths, real = randn(2, 3, 1, 4, 4), randn(20, 1, 4, 4, seed=1)
    a, b = paths.reshape(6, 16).numpy(), real.reshape(20, 16).numpy()
    cosine = 1 - (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    score = mean_distance(paths, real, IMAGES)
    assert score["mean"] == pytest.approx(cosine.min(1).mean(), rel=1e-9)
    assert (score["distance"], score["unit"]) == ("cosine", "1")


TRUTH = grey([[0, 0.25, 0.5, 0.75, 1]])


def judged(paths: Tensor, found: list[float], gap: float | list[float] = 0.0) -> dict[str, tuple[float, float]]:
    """Each condition's figure and the share that meets it, of one path against TRUTH, whose factor goes from 0 to 1."""
    traced = trace(torch.tensor([found]), torch.tensor([[0.0, 1.0]]))
    traced = dataclasses.replace(traced, gap=torch.tensor(gap, dtype=torch.float64).expand(1, 5))
    score = admissibility(paths, TRUTH, traced)
    return {
        **{name: (score[name]["mean"], score[name]["met"]) for name in
           ("boundary", "monotonicity", "smoothness", "credibility")},
        "admissible": (score["admissible"]["mean"], score["admissible"]["mean"]),
    }  # fmt: skip


EVEN = [0, 0.25, 0.5, 0.75, 1]


def test_the_true_path_is_admissible() -> None:
    assert judged(TRUTH, EVEN) == {
        "boundary": (0, 1), "monotonicity": (1, 1), "smoothness": (pytest.approx(1), 1), "credibility": (1, 1),
        "admissible": (1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "paths", "found", "gap", "figure"),
    [
        ("boundary", grey([[0, 0.25, 0.5, 0.75, 0.6]]), EVEN, 0.0, 0.4),
        ("monotonicity", TRUTH, [0, 0.5, 0.25, 0.75, 1], 0.0, 0.75),
        ("smoothness", TRUTH, [0, 0, 0, 0.9, 1], 0.0, 3.6),
        ("credibility", TRUTH, EVEN, [0, 0.3, 0.3, 0.2, 0], 0.6),
    ],
)
def test_each_condition_alone_is_broken_by_its_own_fault(broken, paths, found, gap, figure) -> None:  # type: ignore[no-untyped-def]
    got = judged(paths, found, gap)
    assert got[broken] == (pytest.approx(figure), 0)
    assert got["admissible"] == (0, 0)
    assert [name for name, (_, met) in got.items() if not met] == [broken, "admissible"]
