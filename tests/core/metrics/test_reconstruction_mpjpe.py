"""Reconstruction error in metres."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from core.metrics.known_paths import blocks_of, randn
from hypothesis import given, settings
from hypothesis import strategies as st

from posectl.core.metrics.reconstruction_mpjpe import reconstruction_mpjpe


def test_a_centimetre_off_is_a_centimetre() -> None:
    truth = randn(5, 17, 3)
    score = reconstruction_mpjpe(truth, truth + torch.tensor([0.0, 0.006, 0.008]))
    assert score["mean"] == pytest.approx(0.01, rel=1e-6)
    assert score["unit"] == "m"


def test_errors_equal_a_float64_brute_force() -> None:
    truth, reconstruction = randn(2, 31, 17, 3).float()
    error = np.linalg.norm(truth.double().numpy() - reconstruction.double().numpy(), axis=-1).mean(-1)
    score = reconstruction_mpjpe(truth, reconstruction)
    assert score["mean"] == pytest.approx(error.mean(), rel=1e-13)
    assert score["variance"] == pytest.approx(error.var(ddof=1), rel=1e-11)
    assert score["median"] == pytest.approx(np.median(error), rel=1e-13)


@given(block=st.integers(1, 3000))
@settings(max_examples=20, deadline=None)
def test_no_bit_depends_on_the_block_size(block: int) -> None:
    truth, reconstruction = randn(2, 31, 17, 3).float()
    with blocks_of(block):
        blocked = reconstruction_mpjpe(truth, reconstruction)
    assert blocked == reconstruction_mpjpe(truth, reconstruction)


def test_poses_that_are_not_finite_are_counted() -> None:
    truth = randn(4, 17, 3)
    broken = truth.clone()
    broken[1, 2, 0] = torch.nan
    score = reconstruction_mpjpe(truth, broken)
    assert (score["mean"], score["count"], score["undefined"]) == (0, 3, 1)
