"""The discrepancy of codes from their prior, against a sum over pairs and against closed forms."""

import numpy as np
import pytest
import torch

import posectl
from posectl.core.metrics import prior_mmd as module
from posectl.core.metrics.prior_mmd import kernel_sum, prior_mmd

RANDOM = np.random.default_rng(4)


def brute(a, b):
    """The unbiased estimate, pair by pair in NumPy."""
    scale = 2 * a.shape[1]

    def k(x, y):
        return scale / (scale + ((x - y) ** 2).sum())

    def within(x):
        return np.mean([k(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j])

    return within(a) + within(b) - 2 * np.mean([k(x, y) for x in a for y in b])


def test_it_is_the_sum_over_pairs():
    codes, draws = RANDOM.normal(size=(23, 3)) + 1, RANDOM.normal(size=(31, 3))
    score = posectl.metrics.prior_mmd(codes, draws)
    assert score["mean"] == pytest.approx(brute(codes, draws), rel=1e-10)
    assert (score["codes"], score["draws"], score["kernel"]) == (23, 31, "6 / (6 + |a - b|^2)")


def test_each_class_is_held_against_its_own_draws_or_all():
    codes, draws = RANDOM.normal(size=(20, 2)), RANDOM.normal(size=(30, 2))
    labels, classes = np.arange(20) % 2, np.arange(30) % 3
    told = posectl.metrics.prior_mmd(codes, draws, labels, classes)["by_class"]
    assert told == pytest.approx([brute(codes[labels == c], draws[classes == c]) for c in (0, 1)], rel=1e-10)
    every = posectl.metrics.prior_mmd(codes, draws, labels)["by_class"]
    assert every == pytest.approx([brute(codes[labels == c], draws) for c in (0, 1)], rel=1e-10)


def test_a_class_of_one_code_has_none():
    codes = torch.randn(5, 2)
    assert prior_mmd(codes, codes, torch.tensor([0, 0, 0, 0, 1]))["by_class"][1] is None


def test_codes_of_the_prior_itself_are_at_about_zero_and_shifted_ones_are_not():
    draw = torch.Generator().manual_seed(0)
    codes, draws = (torch.randn(2000, 4, generator=draw) for _ in range(2))
    assert abs(prior_mmd(codes, draws)["mean"]) < 1e-3
    assert prior_mmd(codes + 0.5, draws)["mean"] > 0.02


def test_one_point_and_one_other_by_hand():
    # Two codes at 0 and two draws at distance^2 6 in 3 dimensions: 1 + 1 - 2 * 6 / (6 + 6).
    far = torch.tensor([[1.0, 1.0, 2.0]]).expand(2, 3)
    assert prior_mmd(torch.zeros(2, 3), far)["mean"] == pytest.approx(1.0)


@pytest.mark.parametrize("pairs", [1, 50, 1 << 20])
def test_no_block_size_changes_it(pairs):
    codes, draws = torch.from_numpy(RANDOM.normal(size=(60, 5))), torch.from_numpy(RANDOM.normal(size=(70, 5)))
    assert kernel_sum(codes, draws, pairs) == pytest.approx(kernel_sum(codes, draws), rel=1e-13)


def test_memory_is_bounded_by_the_block(monkeypatch):
    held = []
    real = torch.cdist
    monkeypatch.setattr(torch, "cdist", lambda a, b, **options: held.append(len(a) * len(b)) or real(a, b, **options))
    kernel_sum(torch.randn(5000, 1), torch.randn(1000, 1))
    assert max(held) <= module.PAIRS
