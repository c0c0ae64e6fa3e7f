"""Figures of paths through worlds: the curves are those given, and named."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.figures import DistanceCurve, Panel, RetrievalCurve, distance_curves, error_curves, retrieval_curves

ALPHA = np.linspace(0, 1, 5)
FLAT = np.ones(5)


def points(line):
    return line.get_xydata().T


def lines_of(axes, colour):
    return [line for line in axes.lines if to_rgb(line.get_color()) == to_rgb(colour)]


def test_each_panel_of_errors_shows_all_methods_and_the_last_names_them(tmp_path, saved):
    means = {"crossfade": (ALPHA, 4 * ALPHA), "acai λ=0.5, d=2": (ALPHA, ALPHA)}
    lengths = {"crossfade": (ALPHA, FLAT), "acai λ=0.5, d=2": (ALPHA, FLAT / 4)}
    error_curves([Panel("mean", "α", means), Panel("by interval", "interval (deg)", lengths)], tmp_path / "a.png")
    first, last = saved[0].axes
    assert [axes.get_title(loc="left") for axes in (first, last)] == ["mean", "by interval"]
    assert [axes.get_xlabel() for axes in (first, last)] == ["α", "interval (deg)"]
    for line, (x, y) in zip(first.lines, means.values(), strict=True):
        np.testing.assert_allclose(points(line), (x, y))
    assert to_rgb(first.lines[1].get_color()) == to_rgb(theme.CYCLE[0])
    assert not first.texts
    height = {text.get_text(): text.get_position()[1] for text in last.texts}
    top = last.get_ylim()[1]
    assert height == pytest.approx({"crossfade": 1 / top, "acai λ=0.5, d=2": 0.25 / top})


def test_errors_without_ground_truth_are_left_out(tmp_path, saved):
    gap = np.array([1.0, np.nan, 3.0, 4.0, np.nan])
    error_curves([Panel("mean", "α", {"plain": (ALPHA, gap)})], tmp_path / "a.png")
    np.testing.assert_allclose(points(saved[0].axes[0].lines[0]), (ALPHA[[0, 2, 3]], [1, 3, 4]))


def test_retrieval_has_a_panel_a_method_with_median_quartiles_and_the_perfect_line(tmp_path, saved):
    found = {
        name: RetrievalCurve(ALPHA, ALPHA - 0.1, ALPHA**2, ALPHA + 0.2)
        for name in ("crossfade", "plain", "acai", "gaia", "x")
    }
    retrieval_curves(found, tmp_path / "a.png")
    panels = saved[0].axes
    assert [axes.get_title(loc="left") for axes in panels] == list(found)
    perfect, median = panels[2].lines
    np.testing.assert_allclose(points(perfect), ([0, 1], [0, 1]))
    np.testing.assert_allclose(points(median), (ALPHA, ALPHA**2))
    assert to_rgb(median.get_color()) == to_rgb(theme.CYCLE[0])
    band = panels[2].collections[0].get_paths()[0].vertices
    at = band[np.isclose(band[:, 0], 0.5), 1]
    assert (at.min(), at.max()) == (pytest.approx(0.4), pytest.approx(0.7))
    assert len({axes.get_ylim() for axes in panels}) == 1


def test_distances_to_both_ends_stand_over_the_even_way(tmp_path, saved):
    found = DistanceCurve(ALPHA, 40 * ALPHA**2, 40 * (1 - ALPHA) ** 2, 40 * ALPHA, 40 - 40 * ALPHA)
    distance_curves({"crossfade": found, "plain": found}, tmp_path / "a.png", unit="deg")
    figure = saved[0]
    first, second = figure.axes
    for axes in (first, second):
        ((start,), (end,)) = (lines_of(axes, colour) for colour in theme.CYCLE[:2])
        np.testing.assert_allclose(points(start), (ALPHA, 40 * ALPHA**2))
        np.testing.assert_allclose(points(end), (ALPHA, 40 * (1 - ALPHA) ** 2))
        for line, even in zip(axes.lines[:2], (40 * ALPHA, 40 - 40 * ALPHA), strict=True):
            np.testing.assert_allclose(points(line), (ALPHA, even))
    named = {text.get_text(): to_rgb(text.get_color()) for text in first.texts}
    assert named == {"to the start": to_rgb(theme.CYCLE[0]), "to the end": to_rgb(theme.CYCLE[1])}
    assert "deg" in figure.get_supylabel()


@pytest.mark.parametrize("draw", [lambda path: error_curves([], path), lambda path: retrieval_curves({}, path)])
def test_nothing_to_draw_is_told(tmp_path, draw):
    with pytest.raises(InvalidInputError):
        draw(tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
