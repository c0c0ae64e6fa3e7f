"""Precision, recall, density, coverage: the definitions, and which argument is real."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
import torch
from core.metrics.known_paths import randn
from hypothesis import given, settings
from hypothesis import strategies as st

from posectl.core.metrics import balls
from posectl.core.metrics.prdc import prdc
from posectl.errors import InvalidInputError

NAMES = ("precision", "recall", "density", "coverage")


def means(score: dict) -> dict[str, float]:
    return {name: score[name]["mean"] for name in NAMES}


def brute(samples: torch.Tensor, targets: torch.Tensor, k: int) -> dict[str, float]:
    """The definitions of Naeem et al. (2020), section 2 and 3, on full float64 distance matrices."""
    fake, real = (x.double().flatten(1).numpy() for x in (samples, targets))

    def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    real_radius = np.sort(distances(real, real), axis=1)[:, k]
    fake_radius = np.sort(distances(fake, fake), axis=1)[:, k]
    between = distances(real, fake)
    in_real, in_fake = between < real_radius[:, None], between < fake_radius[None]
    return {
        "precision": in_real.any(0).mean(),
        "recall": in_fake.any(1).mean(),
        "density": in_real.sum(0).mean() / k,
        "coverage": in_real.any(1).mean(),
    }


def on_a_line(*x: float) -> torch.Tensor:
    poses = torch.zeros(len(x), 17, 3)
    poses[:, 0, 0] = torch.tensor(x)
    return poses


@pytest.mark.parametrize("k", [1, 3, 5])
def test_scores_equal_a_float64_brute_force(k: int) -> None:
    samples, targets = 0.8 * randn(60, 2, 3).float() + 0.3, randn(45, 2, 3, seed=1).float()
    score = prdc(samples, targets, k=k)
    assert means(score) == pytest.approx(brute(samples, targets, k), rel=1e-12)
    assert (score["k"], score["unit"], score["density"]["count"], score["coverage"]["count"]) == (k, "1", 60, 45)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_a_set_against_itself_scores_one_wherever_it_lies(offset: float) -> None:
    # The k-th neighbour lies on the surface of each ball, hence outside: k poses are inside, the centre among them.
    poses = randn(300, 17, 3).float() + offset
    assert means(prdc(poses, poses)) == dict.fromkeys(NAMES, 1.0)


def test_sets_far_apart_score_zero() -> None:
    poses = randn(50, 17, 3)
    assert means(prdc(poses, poses + 100)) == dict.fromkeys(NAMES, 0.0)


def test_the_surface_of_a_ball_is_outside() -> None:
    real, fake = on_a_line(0, 1, 10, 11), on_a_line(2, 12)
    assert means(prdc(fake, real, k=1)) == {"precision": 0, "recall": 1, "density": 0, "coverage": 0}
    assert means(prdc(on_a_line(1.5, 12), real, k=1))["precision"] == 0.5


def test_counted_by_hand() -> None:
    # The real balls are (-1, 1), (0, 2) and (1, 7), the fake ones (0, 1) and (0.5, 1.5), all of them open.
    score = means(prdc(on_a_line(0.5, 1.0), on_a_line(0, 1, 4), k=1))
    assert score == {"precision": 1, "recall": 1 / 3, "density": 1.5, "coverage": 2 / 3}


def test_generated_comes_first_and_real_second() -> None:
    real, tight = randn(400, 1, 3), 0.2 * randn(400, 1, 3, seed=1)
    narrow, wide = means(prdc(tight, real)), means(prdc(real, tight))
    assert narrow["precision"] > 0.95 > 0.3 > narrow["recall"]
    assert wide["recall"] > 0.95 > 0.3 > wide["precision"]
    assert (narrow["precision"], narrow["recall"]) == (wide["recall"], wide["precision"])


def test_a_collapsed_generator_is_precise_and_recalls_nothing() -> None:
    real = randn(100, 17, 3)
    score = means(prdc(real[:1].expand(100, 17, 3), real))
    assert (score["precision"], score["recall"]) == (1, 0)
    assert score["coverage"] < 0.5


def test_coverage_of_equal_distributions_is_the_published_expectation() -> None:
    # Naeem et al. (2020), section 3.2: 1 - (N - 1)...(N - k) / (M + N - 1)...(M + N - k), in any dimension.
    n, k = 1000, 5
    expected = 1 - np.prod([(n - i) / (2 * n - i) for i in range(1, k + 1)])
    runs = [means(prdc(randn(n, 2, 3, seed=2 * s), randn(n, 2, 3, seed=2 * s + 1), k=k)) for s in range(3)]
    assert np.mean([run["coverage"] for run in runs]) == pytest.approx(expected, abs=0.01)
    assert np.mean([run["density"] for run in runs]) == pytest.approx(1, abs=0.04)


@given(pairs=st.integers(1, 5000))
@settings(max_examples=15, deadline=None)
def test_nothing_depends_on_the_block_size(pairs: int) -> None:
    samples, targets = randn(2, 50, 2, 3).float()
    with mock.patch.object(balls, "PAIRS", pairs):
        blocked = prdc(samples, targets)
    assert blocked == prdc(samples, targets)


@pytest.mark.parametrize(("fakes", "reals"), [(5, 6), (6, 5)])
def test_sets_without_a_kth_neighbour_are_refused(fakes: int, reals: int) -> None:
    with pytest.raises(InvalidInputError, match="more than 5 samples"):
        prdc(randn(fakes, 17, 3), randn(reals, 17, 3))


@pytest.mark.slow
def test_published_example() -> None:
    # README of clovaai/generative-evaluation-prdc: 10,000 normals against 10,000 in 1000-d, k = 5. It warns that they
    # fluctuate; between three seeds precision ranged over 0.02, recall 0.01, density 0.11 and coverage 0.01.
    published = {
        "precision": (0.4772, 0.03),
        "recall": (0.4705, 0.03),
        "density": (1.0555, 0.15),
        "coverage": (0.9735, 0.02),
    }
    samples, targets = randn(2, 10_000, 1000, 1)
    score = means(prdc(samples, targets))
    for name, (value, spread) in published.items():
        assert score[name] == pytest.approx(value, abs=spread)


def test_each_share_holds_the_one_against_test_samples_alone() -> None:
    samples, real, test = randn(60, 2, 3).float(), randn(45, 2, 3, seed=1).float(), randn(20, 2, 3, seed=2).float()
    score = prdc(samples, real, test, k=3)
    assert means(score) == pytest.approx(brute(samples, real, 3), rel=1e-12)
    assert {n: score[n]["test"]["mean"] for n in NAMES} == pytest.approx(brute(samples, test, 3), rel=1e-12)
    assert "test" not in prdc(samples, real, test[:3], k=3)["recall"]  # too few for a third neighbour
