"""Transitions, their normaliser and their average curve, against closed forms and a float64 brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from core.metrics.known_paths import PATH_METRICS, POSES, along, arc, blocks_of, even, randn, swaying
from hypothesis import given, settings
from hypothesis import strategies as st

from posectl.core.metrics import METRICS
from posectl.core.metrics.transitions import (
    COINCIDENT,
    end_to_end,
    normalised,
    path_lengths,
    transition_curve,
    transitions,
)
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError


def brute_transitions(paths: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.diff(paths, axis=1), axis=-1).mean(-1)


def test_transitions_equal_a_float64_brute_force() -> None:
    paths = randn(7, 11, 17, 3).float()
    expected = brute_transitions(paths.double().numpy())
    np.testing.assert_allclose(transitions(paths, POSES).numpy(), expected, rtol=1e-14)
    np.testing.assert_allclose(path_lengths(paths, POSES).numpy(), expected.sum(1), rtol=1e-14)


@pytest.mark.parametrize("steps", [2, 3, 100])
def test_even_straight_path_is_one_everywhere(steps: int) -> None:
    torch.testing.assert_close(
        normalised(even(steps), POSES), torch.ones(1, steps - 1, dtype=torch.float64), rtol=0, atol=1e-12
    )


def test_published_normaliser_gives_an_even_straight_path_100_over_99() -> None:
    assert normalised(even(100), POSES, "naayem").mean().item() == pytest.approx(100 / 99, rel=1e-12)


def test_swaying_speed_has_its_closed_form() -> None:
    steps, amplitude = 101, 0.5
    h = 1 / (steps - 1)
    middle = (torch.arange(steps - 1, dtype=torch.float64) + 0.5) * h
    smear = math.sin(math.pi * h) / (math.pi * h)
    expected = 1 - amplitude * smear * torch.cos(2 * math.pi * middle)
    torch.testing.assert_close(normalised(swaying(steps, amplitude), POSES)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("compat", [None, "naayem"])
def test_coincident_ends_leave_the_path_undefined(compat: str | None) -> None:
    loop = along(torch.tensor([0.0, 0.5, 1.0, 0.5, 0.0], dtype=torch.float64))
    paths = torch.cat([loop, even(5)])
    assert normalised(paths, POSES, compat).isnan().all(1).tolist() == [True, False]


def test_ends_coincide_up_to_a_micrometre() -> None:
    paths = torch.zeros(2, 2, 17, 3, dtype=torch.float64)
    paths[:, 1, :, 0] = torch.tensor([COINCIDENT, 1.01 * COINCIDENT])[:, None]
    assert end_to_end(paths, POSES).isnan().tolist() == [True, False]


def test_curve_averages_the_defined_paths() -> None:
    still = torch.zeros(1, 9, 17, 3, dtype=torch.float64)
    broken = even(9, seed=5)
    broken[0, 4, 3, 1] = torch.nan
    moving = randn(4, 9, 17, 3)
    curve = transition_curve(torch.cat([still, moving, broken]), POSES)
    chord = np.linalg.norm(moving[:, -1] - moving[:, 0], axis=-1).mean(-1)
    expected = brute_transitions(moving.numpy()) / (chord / 8)[:, None]
    assert curve.paths == 4
    np.testing.assert_allclose(curve.mean.numpy(), expected.mean(0), rtol=1e-13)
    np.testing.assert_allclose(curve.std.numpy(), expected.std(0, ddof=1), rtol=1e-12)


def test_curve_of_one_path_has_no_spread_and_of_none_no_mean() -> None:
    assert transition_curve(even(5), POSES).std.isnan().all()
    nothing = transition_curve(torch.zeros(3, 5, 17, 3), POSES)
    assert nothing.paths == 0
    assert nothing.mean.shape == (4,)
    assert nothing.mean.isnan().all()


@pytest.mark.parametrize("shape", [(3, 1, 17, 3), (5, 17, 3)])
def test_what_is_no_path_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError):
        transitions(torch.zeros(shape), POSES)


def score_of(name: str, paths: torch.Tensor) -> dict:
    options = {"parents": H36M17.parents} if name == "bone_length_error" else {"kind": POSES}
    return METRICS.get(name)(paths, **options)


def numbers(score: dict) -> dict[str, float]:
    return {name: value for name, value in score.items() if isinstance(value, float)}


@pytest.mark.parametrize("name", PATH_METRICS)
@given(block=st.integers(1, 4000))
@settings(max_examples=15, deadline=None)
def test_no_bit_of_a_score_depends_on_the_block_size(name: str, block: int) -> None:
    paths = randn(6, 12, 17, 3).float()
    with blocks_of(block):
        blocked = score_of(name, paths)
    assert blocked == score_of(name, paths)


@pytest.mark.parametrize("name", PATH_METRICS)
def test_no_bit_of_a_score_depends_on_threads_layout_or_the_order_of_paths(name: str) -> None:
    paths = randn(400, 20, 17, 3).float()
    expected = score_of(name, paths)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if threads > 1 else 2)
        assert score_of(name, paths) == expected
    finally:
        torch.set_num_threads(threads)
    assert score_of(name, paths.flip(0)) == expected
    joints_apart = paths.permute(2, 3, 0, 1).contiguous().permute(2, 3, 0, 1)
    assert score_of(name, joints_apart) == expected


@pytest.mark.parametrize("name", PATH_METRICS)
def test_scores_do_not_see_where_poses_stand_or_which_way_they_face(name: str) -> None:
    paths = torch.cat([arc(2.0, 15), swaying(15, 0.3), randn(3, 15, 17, 3)])
    turn, _ = torch.linalg.qr(randn(3, 3, seed=1))
    expected = pytest.approx(numbers(score_of(name, paths)), rel=1e-9, abs=1e-12)
    assert numbers(score_of(name, paths + randn(3, seed=2))) == expected
    assert numbers(score_of(name, paths @ turn)) == expected


@pytest.mark.parametrize("name", PATH_METRICS)
def test_a_path_walked_backwards_scores_the_same(name: str) -> None:
    paths = randn(5, 15, 17, 3)
    expected = pytest.approx(numbers(score_of(name, paths)), rel=1e-12, abs=1e-15)
    assert numbers(score_of(name, paths.flip(1))) == expected


@pytest.mark.parametrize("name", ["anci", "smoothness_ratio", "path_length_ratio", "monotonicity"])
def test_joints_may_be_reordered(name: str) -> None:
    paths, order = randn(5, 15, 17, 3), torch.randperm(17, generator=torch.Generator().manual_seed(3))
    expected = pytest.approx(numbers(score_of(name, paths)), rel=1e-12)
    assert numbers(score_of(name, paths[:, :, order])) == expected


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", PATH_METRICS)
def test_scores_are_the_same_on_cuda(name: str) -> None:
    paths = randn(20, 15, 17, 3).float()
    assert numbers(score_of(name, paths.cuda())) == pytest.approx(numbers(score_of(name, paths)), rel=1e-12)
