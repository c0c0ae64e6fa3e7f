"""Matrices side by side: every number where it belongs, on one scale."""

from __future__ import annotations

import numpy as np

from posectl.render.figures import matrices

NAMES = ["build=tall", "gait=walk", "speed"]


def test_panels_hold_the_matrices_on_one_scale_that_is_even_about_0(tmp_path, saved):
    one, other = np.arange(9.0).reshape(3, 3) / 10, -np.eye(3)
    matrices({"means": one, "least squares": other}, NAMES, tmp_path / "a.png")
    left, right, _ = saved[0].axes
    for panel, matrix, title in ((left, one, "means"), (right, other, "least squares")):
        (image,) = panel.images
        np.testing.assert_array_equal(image.get_array(), matrix)
        assert image.get_clim() == (-1, 1)
        assert panel.get_title(loc="left") == title
        assert [text.get_text() for text in panel.get_xticklabels()] == NAMES
    assert [text.get_text() for text in left.get_yticklabels()] == NAMES
    assert {text.get_position(): text.get_text() for text in left.texts}[(1, 2)] == "0.70"  # row 2, column 1


def test_many_attributes_bear_no_numbers(tmp_path, saved):
    matrices({"means": np.eye(20)}, [f"a={i}" for i in range(20)], tmp_path / "a.png")
    assert not saved[0].axes[0].texts


def test_titles_of_small_matrices_are_whole(tmp_path, saved):
    panels = {"a-name-of-many-parts-by-least-squares:v1 (least-squares)": np.eye(3), "means": np.eye(3)}
    matrices(panels, ["a", "b", "c"], tmp_path / "a.png")
    figure = saved[0]
    assert max(axes.get_tightbbox().y1 for axes in figure.axes) <= figure.bbox.y1
