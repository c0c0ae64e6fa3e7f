"""Rotations against SciPy's, matrix exponentials and closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.linalg import expm, logm
from scipy.spatial.transform import Rotation

from posectl.data import rotations


@pytest.mark.parametrize("axes", ["".join(order) for order in itertools.permutations("XYZ")])
def test_euler_angles_are_multiplied_in_the_order_listed(axes):
    angles = np.random.default_rng(0).uniform(-6, 6, (5, 7, 3))
    expected = Rotation.from_euler(axes, angles.reshape(-1, 3)).as_matrix().reshape(5, 7, 3, 3)
    np.testing.assert_allclose(rotations.from_euler(angles, ["XYZ".index(a) for a in axes]), expected, atol=1e-14)


def test_a_quarter_turn_about_z_takes_x_to_y():
    np.testing.assert_allclose(
        rotations.from_euler(np.array([np.pi / 2]), [rotations.Z]) @ [1, 0, 0], [0, 1, 0], atol=1e-15
    )


def test_zxy_angles_give_back_the_rotation():
    matrices = Rotation.random(500, random_state=1).as_matrix()
    angles = rotations.to_zxy(matrices)
    assert np.abs(angles[:, 1]).max() <= np.pi / 2
    again = rotations.from_euler(angles, [rotations.Z, rotations.X, rotations.Y])
    np.testing.assert_allclose(again, matrices, atol=1e-13)


def cross(vectors):
    """The matrices (..., 3, 3) that multiply by vectors (..., 3) from the left."""
    return np.cross(vectors[..., None, :], np.eye(3)).swapaxes(-1, -2)


def test_exponential_maps_are_exponentials_of_cross_products():
    vectors = np.random.default_rng(2).normal(size=(20, 5, 3)) * 3
    np.testing.assert_allclose(rotations.from_expmap(vectors), expm(cross(vectors)), atol=1e-13)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-6, np.pi, 2 * np.pi])
def test_exponential_maps_are_exact_at_the_angles_where_formulas_divide(angle):
    expected = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    np.testing.assert_allclose(rotations.from_expmap(np.array([0, angle, 0])), expected, atol=1e-15)


def test_slerp_turns_by_a_fraction_about_one_axis():
    random = np.random.default_rng(3)
    start, end = Rotation.random(60, random_state=3).as_matrix().reshape(2, 10, 3, 3, 3)
    t = random.uniform(0, 1, (10, 1))
    between = [logm(m).real for m in (start.swapaxes(-1, -2) @ end).reshape(-1, 3, 3)]
    expected = start @ expm(t[..., None, None] * np.reshape(between, start.shape))
    np.testing.assert_allclose(rotations.slerp(start, end, t), expected, atol=1e-12)


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 0, 1], [0.6, 0, 0.8]])
def test_slerp_of_a_half_turn_takes_one_way_round(axis):
    half = 2 * np.outer(axis, axis) - np.eye(3)
    quarter = rotations.slerp(np.eye(3), half, np.array(0.5))
    np.testing.assert_allclose(quarter @ axis, axis, atol=1e-14)
    np.testing.assert_allclose(quarter @ quarter, half, atol=1e-14)


def test_slerp_turns_at_constant_speed_along_the_shortest_way():
    end = rotations.from_euler(np.deg2rad([100.0]), [rotations.Y])
    t = np.linspace(0, 1, 11)
    expected = rotations.from_euler(np.deg2rad(100 * t)[:, None], [rotations.Y])
    np.testing.assert_allclose(rotations.slerp(np.eye(3), end, t), expected, atol=1e-14)
    end = rotations.from_euler(np.deg2rad([350.0]), [rotations.Y])
    expected = rotations.from_euler(np.deg2rad([-5.0]), [rotations.Y])
    np.testing.assert_allclose(rotations.slerp(np.eye(3), end, np.array(0.5)), expected, atol=1e-14)


def test_slerp_between_equal_rotations_stays():
    turn = Rotation.random(random_state=4).as_matrix()
    np.testing.assert_allclose(rotations.slerp(turn, turn, np.array(0.3)), turn, atol=1e-14)
