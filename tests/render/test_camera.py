"""The camera against projection by hand."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import UsageError
from posectl.render.camera import UPRIGHT, Camera, fit, spin, upright

AXIS = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}


@pytest.mark.parametrize("up", UPRIGHT)
def test_every_up_axis_is_turned_upright_without_a_mirror(up):
    rotation = upright(up)
    sign = 1 if up[0] == "+" else -1
    np.testing.assert_array_equal(rotation @ (sign * np.array(AXIS[up[1]])), (0, 0, 1))
    np.testing.assert_array_equal(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_an_unknown_up_axis_names_the_known_ones():
    with pytest.raises(UsageError) as error:
        upright("z")
    assert "+z" in error.value.hint


def test_points_at_the_target_s_depth_are_scaled_by_the_focal_length():
    camera = Camera(0, 0, np.zeros(3), distance=10, focal=100, centre=(50, 60))
    pixels, depth, scale = camera.project(np.array([1.0, 0.0, 2.0]))
    np.testing.assert_allclose(pixels, (150, -140))
    assert depth == pytest.approx(0)
    assert scale == pytest.approx(100)


def test_points_behind_the_target_shrink_towards_the_centre():
    camera = Camera(0, 0, np.zeros(3), distance=10, focal=100, centre=(50, 60))
    pixels, depth, scale = camera.project(np.array([1.0, 5.0, 0.0]))  # 15 from the eye, not 10
    np.testing.assert_allclose(pixels, (50 + 100 / 1.5, 60))
    assert depth == pytest.approx(5)
    assert scale == pytest.approx(100 / 1.5)


def test_azimuth_90_looks_along_minus_x():
    camera = Camera(90, 0, np.zeros(3), distance=10, focal=100)
    pixels, depth, _ = camera.project(np.array([[0.0, 1.0, 0.0], [-3.0, 0.0, 0.0]]))
    np.testing.assert_allclose(pixels[0], (100, 0), atol=1e-9)
    np.testing.assert_allclose(depth, (0, 3), atol=1e-9)


def test_elevation_30_sees_the_upright_foreshortened_and_its_top_nearer():
    camera = Camera(0, 30, np.zeros(3), distance=1e9, focal=1)
    pixels, depth, _ = camera.project(np.array([0.0, 0.0, 1.0]))
    np.testing.assert_allclose(pixels, (0, -np.sqrt(3) / 2), atol=1e-6)
    assert depth == pytest.approx(-0.5)


def test_on_floor_undoes_the_projection_of_floor_points():
    camera = Camera(40, 20, np.array([0.3, -0.2, 0.8]), distance=7, focal=55, centre=(31, 24))
    x, y = camera.on_floor(64, 48)
    rows, columns = np.nonzero(np.isfinite(x))
    floor = np.stack([x[rows, columns], y[rows, columns], np.zeros(len(rows))], -1)
    pixels, _, _ = camera.project(floor)
    np.testing.assert_allclose(pixels, np.stack([columns + 0.5, rows + 0.5], -1), atol=1e-6)


def test_above_the_horizon_there_is_no_floor():
    x, _ = Camera(0, 0, np.array([0.0, 0.0, 1.0]), distance=5, focal=10, centre=(5, 5)).on_floor(10, 10)
    assert np.isnan(x[:5]).all()
    assert np.isfinite(x[5:]).all()


def test_fit_holds_all_points_and_touches_the_frame():
    points = np.random.default_rng(3).normal(size=(50, 3))
    pad = 0.1
    camera = fit(points, 25, 15, (10, 20, 90, 220), pad)
    pixels, _, scale = camera.project(points)
    low, high = (pixels - pad * scale[:, None]).min(0), (pixels + pad * scale[:, None]).max(0)
    assert low[0] == pytest.approx(10)  # the width binds
    assert high[0] == pytest.approx(90)
    assert high[1] == pytest.approx(220)  # and the feet stand at the bottom
    assert low[1] > 20


def test_fit_does_not_enlarge_a_point_without_bound():
    camera = fit(np.zeros((4, 3)), 0, 0, (0, 0, 100, 100), pad=0.1)
    assert 2 * 0.1 * camera.focal == pytest.approx(20)  # a fifth of the frame


def test_spin_is_counter_clockwise_from_above():
    np.testing.assert_allclose(spin(np.array([90.0]))[0] @ (1, 0, 0), (0, 1, 0), atol=1e-12)
