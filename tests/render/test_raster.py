"""Strokes against the area and colours that geometry gives them."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.render.raster import strokes, to_canvas, to_picture

WHITE = np.full((3, 1), 255, dtype=np.float32)


def drawn(ends, radii, halo=None, ramp=WHITE, tones=(0, 0), size=(60, 80), background=0.0):
    canvas = np.full((3, *size), background, dtype=np.float32)
    strokes(canvas, np.array([ends], dtype=float), np.array([radii], dtype=float), np.array([tones]), [ramp], halo)
    return canvas


@pytest.mark.parametrize("end", [(60.0, 30.0), (20.0, 50.0), (47.3, 44.1)])
def test_a_stroke_covers_the_area_of_a_capsule(end):
    start, radius = np.array([20.0, 30.0]), 5.0
    length = np.linalg.norm(np.array(end) - start)
    covered = drawn([start, end], [radius, radius])[0].sum() / 255
    assert covered == pytest.approx(2 * radius * length + np.pi * radius**2, rel=0.01)


def test_a_stroke_without_length_is_a_disc():
    canvas = drawn([(30, 30), (30, 30)], [8, 8])
    assert canvas[0].sum() / 255 == pytest.approx(np.pi * 64, rel=0.01)
    rows, columns = np.nonzero(canvas[0])
    assert rows.mean() + 0.5 == pytest.approx(30)
    assert columns.mean() + 0.5 == pytest.approx(30)


def test_a_tapered_stroke_covers_a_trapezoid_and_two_half_discs():
    covered = drawn([(20, 30), (60, 30)], [6, 2])[0].sum() / 255
    assert covered == pytest.approx(40 * (6 + 2) + np.pi / 2 * (36 + 4), rel=0.02)


def test_the_edge_is_half_covered_where_the_axis_says():
    canvas = drawn([(20, 30.5), (60, 30.5)], [5, 5])  # the axis runs through the middle of row 30
    np.testing.assert_allclose(canvas[0, 24:37, 40] / 255, [0, 0.5, *[1] * 9, 0.5, 0], atol=1e-6)


def test_the_colour_runs_along_the_ramp():
    ramp = np.array([[0, 100, 200]] * 3, dtype=np.float32)
    canvas = drawn([(10, 30), (70, 30)], [4, 4], ramp=ramp, tones=(0, 1))
    assert [canvas[0, 30, x] for x in (12, 40, 68)] == [0, 100, 200]


def test_the_rim_parts_the_middle_from_what_lies_behind_but_not_the_ends():
    canvas = drawn([(20, 30), (60, 30)], [4, 4], halo=(2.0, np.zeros(3, dtype=np.float32)), background=100.0)
    assert canvas[0, 35, 40] == 0  # 5.5 from the axis: beyond the stroke, within the rim
    assert canvas[0, 30, 14] == 100
    assert canvas[0, 30, 65] == 100


def test_a_stroke_outside_the_canvas_changes_nothing():
    assert drawn([(-50, -50), (-40, -90)], [5, 5]).max() == 0
    assert drawn([(500, 20), (700, 20)], [5, 5]).max() == 0


def test_pictures_survive_the_way_to_a_canvas_and_back():
    picture = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_picture(to_canvas(picture)), picture)


def test_later_strokes_lie_over_earlier_ones():
    canvas = np.zeros((3, 60, 80), dtype=np.float32)
    cross = np.array([[(10, 30), (70, 30)], [(40, 5), (40, 55)]], dtype=float)
    strokes(canvas, cross, np.full((2, 2), 4.0), np.zeros((2, 2)), [WHITE * 0.5, WHITE])
    assert canvas[0, 30, 40] == 255
    assert canvas[0, 30, 20] == 127.5
