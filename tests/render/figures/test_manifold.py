"""The latent manifold: codes where they are, coloured by a factor, under its grid."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posectl.errors import InvalidInputError
from posectl.render.figures import Manifold, manifold
from posectl.render.figures.manifold import ROUND

TURN = np.linspace(0, 360, 8, endpoint=False)
CODES = np.stack([np.cos(np.radians(TURN)), np.sin(np.radians(TURN))], 1)
RING = np.concatenate([CODES, CODES[:1]])


def test_codes_are_dots_in_the_colour_of_their_factor_under_a_closed_ring(tmp_path, saved):
    shown = Manifold(CODES, ("z₁", "z₂"), TURN, "azimuth (deg)", 360.0, grid=[RING], marks=[(CODES[2], "90°")])
    manifold(shown, tmp_path / "a.png")
    axes, bar = saved[0].axes
    (dots,) = axes.collections
    np.testing.assert_allclose(dots.get_offsets(), CODES)
    np.testing.assert_allclose(dots.get_array(), TURN)
    assert dots.get_clim() == (0, 360)
    (ring,) = axes.lines
    np.testing.assert_allclose(ring.get_xydata(), RING)
    (mark,) = axes.texts
    assert (mark.get_text(), mark.xy) == ("90°", pytest.approx((0, 1)))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("z₁", "z₂")
    assert bar.get_ylabel() == "azimuth (deg)"


def test_a_factor_that_goes_round_has_colours_that_do():
    assert to_rgb(ROUND(0.0)) == to_rgb(ROUND(1.0))


def test_codes_in_three_dimensions_stand_in_space(tmp_path, saved):
    codes = np.concatenate([CODES, CODES[:, :1]], 1)
    manifold(Manifold(codes, ("a", "b", "c"), TURN, "azimuth", 360.0, grid=[codes]), tmp_path / "a.png")
    axes = saved[0].axes[0]
    assert (axes.name, axes.get_zlabel()) == ("3d", "c")
    np.testing.assert_allclose(axes.lines[0].get_data_3d(), codes.T)


def test_space_has_one_scale_even_where_codes_are_flat(tmp_path, saved):
    codes = np.concatenate([CODES * (3, 1), np.zeros((8, 1))], 1)
    manifold(Manifold(codes, ("a", "b", "c")), tmp_path / "a.png")
    (axes,) = saved[0].axes
    sides = np.ptp([axes.get_xlim(), axes.get_ylim(), axes.get_zlim()], axis=1)
    np.testing.assert_allclose(sides / sides[0], [1, 1 / 3, 0.3])
    box = axes._box_aspect  # which has no public reader in three dimensions
    np.testing.assert_allclose(np.divide(box, box[0]), sides / sides[0])


def test_ten_classes_have_ten_colours_and_their_names_and_what_is_beyond_is_grey(tmp_path, saved):
    codes = np.random.default_rng(0).normal(size=(44, 2))
    values = np.arange(44) % 11
    shown = Manifold(codes, ("a", "b"), values, "label", classes=[str(i) for i in range(10)], others=3)
    manifold(shown, tmp_path / "a.png")
    (axes,) = saved[0].axes  # and no scale of colours, which would put them in an order
    (dots,) = axes.collections
    colours = {value: tuple(colour) for value, colour in zip(values, dots.to_rgba(dots.get_array()), strict=True)}
    assert len(set(colours.values())) == 11
    (legend,) = saved[0].legends
    assert legend.get_title().get_text() == "label"
    assert [text.get_text() for text in legend.get_texts()] == [*map(str, range(10)), "3 others"]
    for value, dot in enumerate(legend.legend_handles):
        assert to_rgb(dot.get_color()) == pytest.approx(colours[value][:3])


@pytest.mark.parametrize("dimensions", [2, 3])
def test_names_of_points_that_lie_close_do_not_overlap(tmp_path, saved, dimensions):
    codes = np.random.default_rng(0).normal(size=(50, dimensions))
    marks = [(codes[0] + 0.01 * i, f"name {i}") for i in range(60)]
    manifold(Manifold(codes, "abc"[:dimensions], marks=marks), tmp_path / "a.png")
    texts = saved[0].axes[0].texts
    assert 6 <= len(texts) < 60  # those that find no place are left out
    saved[0].draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_without_values_there_is_no_scale(tmp_path, saved):
    manifold(Manifold(CODES, ("a", "b")), tmp_path / "a.png")
    assert len(saved[0].axes) == 1


@pytest.mark.parametrize("codes", [np.zeros((4, 4)), np.zeros((0, 2)), np.full((3, 2), np.nan), np.zeros(3)])
def test_codes_that_cannot_be_drawn_are_refused(tmp_path, codes):
    with pytest.raises(InvalidInputError, match="cannot be drawn"):
        manifold(Manifold(codes, ("a", "b")), tmp_path / "a.png")
