"""Figures of transitions: what is drawn where."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.figures import path_transitions, transition_curves
from posectl.render.figures.style import Style
from posectl.render.figures.transitions import mid_steps

CURVES = {"λ = 0": np.array([0.5, 1.5, 1.0]), "λ = 0.1": np.array([1.2, 0.8, 1.0])}


def test_transitions_stand_midway_between_their_steps():
    np.testing.assert_allclose(mid_steps(4), (0.125, 0.375, 0.625, 0.875))


def test_curves_run_over_alpha_with_the_line_at_one(tmp_path, saved):
    transition_curves(CURVES, tmp_path / "a.png", title="ACAI")
    (axes,) = saved[0].axes
    lines = axes.lines
    for line, curve, colour in zip(lines, CURVES.values(), theme.CYCLE, strict=False):
        np.testing.assert_allclose(line.get_xydata().T, (mid_steps(3), curve))
        assert to_rgb(line.get_color()) == to_rgb(colour)
    np.testing.assert_array_equal(lines[-1].get_ydata(), (1, 1))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("α", "normalised change (even: 1)")
    assert axes.get_xlim() == (0, 1)
    assert axes.get_ylim()[0] == 0
    assert axes.get_title(loc="left") == "ACAI"
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == list(CURVES)


def test_the_spread_reaches_to_both_sides(tmp_path, saved):
    transition_curves(CURVES, tmp_path / "a.png", spread={"λ = 0": np.array([0.1, 0.2, 0.3])})
    (band,) = saved[0].axes[0].collections
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == [*CURVES, "± std over paths"]
    corners = band.get_paths()[0].vertices
    for x, low, high in zip(mid_steps(3), (0.4, 1.3, 0.7), (0.6, 1.7, 1.3), strict=True):
        at = corners[np.isclose(corners[:, 0], x), 1]
        assert (at.min(), at.max()) == (pytest.approx(low), pytest.approx(high))


def test_known_styles_are_kept(tmp_path, saved):
    transition_curves(CURVES, tmp_path / "a.png", looks={"λ = 0.1": Style("#123456", "--")})
    path_transitions(CURVES, tmp_path / "b.png", looks={"λ = 0.1": Style("#123456", "--")})
    assert saved[0].axes[0].lines[1].get_color() == saved[1].axes[1].lines[0].get_color() == "#123456"


def test_single_paths_have_a_panel_each_on_one_scale(tmp_path, saved):
    curves = {"λ = 0": CURVES["λ = 0"] / 2, "λ = 0.1": 2 * CURVES["λ = 0.1"]}
    path_transitions(curves, tmp_path / "a.png")
    panels = saved[0].axes
    assert [axes.get_title(loc="left") for axes in panels] == list(CURVES)
    assert panels[0].get_ylim() == panels[1].get_ylim()
    assert panels[0].get_ylim()[1] > 2.4  # the largest change of both
    np.testing.assert_allclose(panels[1].lines[0].get_xydata().T, (mid_steps(3), curves["λ = 0.1"]))


@pytest.mark.parametrize("curves", [{}, {"a": np.ones((2, 2))}, {"a": np.array([1, np.nan])}, {"a": np.ones(0)}])
def test_curves_that_cannot_be_drawn_are_refused(tmp_path, curves):
    for draw in (transition_curves, path_transitions):
        with pytest.raises(InvalidInputError):
            draw(curves, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
