"""Figures: what is drawn where, and what is left alone."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from posectl.errors import InvalidInputError, UsageError
from posectl.render import figures, theme
from posectl.render.figures import (
    against_lambda,
    mid_steps,
    path_transitions,
    running_mean,
    training_curves,
    transition_curves,
)

CURVES = {"λ = 0": np.array([0.5, 1.5, 1.0]), "λ = 0.1": np.array([1.2, 0.8, 1.0])}


@pytest.fixture
def saved(monkeypatch):
    """The figures that are saved, while they are."""
    seen = []
    savefig = Figure.savefig

    def keep(figure, *arguments, **options):
        seen.append(figure)
        savefig(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return seen


def data(line):
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def test_transitions_stand_midway_between_their_steps():
    np.testing.assert_allclose(mid_steps(4), (0.125, 0.375, 0.625, 0.875))


def test_curves_run_over_alpha_with_the_line_at_one(tmp_path, saved):
    transition_curves(CURVES, tmp_path / "a.png", title="ACAI")
    (axes,) = saved[0].axes
    lines = axes.lines
    for line, curve, colour in zip(lines, CURVES.values(), theme.CYCLE, strict=False):
        np.testing.assert_allclose(data(line), (mid_steps(3), curve))
        assert to_rgb(line.get_color()) == to_rgb(colour)
    np.testing.assert_array_equal(lines[-1].get_ydata(), (1, 1))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("α", "normalised change")
    assert axes.get_xlim() == (0, 1)
    assert axes.get_ylim()[0] == 0
    assert axes.get_title(loc="left") == "ACAI"
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == list(CURVES)


def test_the_spread_reaches_to_both_sides(tmp_path, saved):
    transition_curves(CURVES, tmp_path / "a.png", spread={"λ = 0": np.array([0.1, 0.2, 0.3])})
    (band,) = saved[0].axes[0].collections
    corners = band.get_paths()[0].vertices
    for x, low, high in zip(mid_steps(3), (0.4, 1.3, 0.7), (0.6, 1.7, 1.3), strict=True):
        at = corners[np.isclose(corners[:, 0], x), 1]
        assert (at.min(), at.max()) == (pytest.approx(low), pytest.approx(high))


def test_single_paths_have_a_panel_each_on_one_scale(tmp_path, saved):
    path_transitions(CURVES, tmp_path / "a.png")
    panels = saved[0].axes
    assert [axes.get_title(loc="left") for axes in panels] == list(CURVES)
    assert panels[0].get_ylim() == panels[1].get_ylim()
    np.testing.assert_allclose(data(panels[1].lines[0]), (mid_steps(3), CURVES["λ = 0.1"]))


def test_each_loss_has_a_panel_and_each_run_its_colour(tmp_path, saved):
    steps = np.arange(50)
    falling = 10.0 ** (-steps / 20)
    logs = {"AE": {"reconstruction": (steps, falling)}, "ACAI": {"critic": (steps, steps - 3.0)}}
    training_curves(logs, tmp_path / "a.png")
    first, second = saved[0].axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["reconstruction", "critic"]
    assert (first.get_yscale(), second.get_yscale()) == ("log", "linear")
    np.testing.assert_allclose(data(first.lines[0]), (steps, falling))
    assert to_rgb(second.lines[0].get_color()) == to_rgb(theme.CYCLE[1])


def test_a_long_run_is_drawn_under_its_running_mean(tmp_path, saved):
    values = 1 + np.random.default_rng(0).random(1000)
    values[500] = np.nan
    training_curves({"AE": {"loss": (np.arange(1000), values)}}, tmp_path / "a.png")
    raw, mean = saved[0].axes[0].lines
    assert raw.get_alpha() < 1
    np.testing.assert_allclose(raw.get_ydata(), values)
    np.testing.assert_allclose(mean.get_ydata(), running_mean(values, 40))


def test_the_running_mean_is_that_of_a_loop_and_skips_what_is_not_finite():
    values = np.random.default_rng(2).normal(size=30)
    values[[0, 4, 5, 6, 7, 8, 20]] = np.nan
    with np.errstate(invalid="ignore"):
        expected = [np.mean(v[np.isfinite(v)]) if np.isfinite(v := values[max(0, i - 2) : i + 3]).any() else np.nan
                    for i in range(30)]  # fmt: skip
    np.testing.assert_allclose(running_mean(values, 5), expected, atol=1e-12)


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_equal_figures_are_equal_bytes(tmp_path, suffix):
    for name in "ab":
        transition_curves(CURVES, tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[suffix])


def test_labels_are_shown_as_they_are(tmp_path, saved):
    transition_curves({"a$b": np.ones(3), "_c": np.ones(3)}, tmp_path / "a.svg")
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == ["a$b", "_c"]


def test_many_curves_have_as_many_colours():
    assert len({tuple(to_rgb(c)) for c in figures._colours(20)}) == 20


def test_settings_outside_stay_as_they_were(tmp_path):
    before = dict(matplotlib.rcParams)
    transition_curves(CURVES, tmp_path / "a.png")
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_never_imported_and_matplotlib_only_for_figures():
    code = (
        "import sys, posectl.render.scene, posectl.render.sheet, posectl.render.write;"
        "assert 'matplotlib' not in sys.modules;"
        "import posectl.render.figures; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("curves", [{}, {"a": np.ones((2, 2))}, {"a": np.array([1, np.nan])}, {"a": np.ones(0)}])
def test_curves_that_cannot_be_drawn_are_refused(tmp_path, curves):
    for draw in (transition_curves, path_transitions):
        with pytest.raises(InvalidInputError):
            draw(curves, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_no_losses_are_refused(tmp_path):
    with pytest.raises(InvalidInputError):
        training_curves({"AE": {}}, tmp_path / "a.png")


def test_another_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UsageError) as error:
        transition_curves(CURVES, tmp_path / "a.jpeg")
    assert ".pdf, .png, .svg" in error.value.hint


def test_metrics_stand_against_lambda_by_the_mean_over_seeds(tmp_path, saved):
    lams = np.array([0.1, 0.0, 0.1, 0.0, 0.3])
    metrics = {"anci": {"d = 8": (lams, np.array([3.0, 1.0, 5.0, 2.0, np.nan])), "d = 16": (lams, lams)}}
    against_lambda(metrics, tmp_path / "a.png")
    (axes,) = saved[0].axes
    dots, mean = axes.lines[:2]
    np.testing.assert_allclose(data(mean), ([0, 0.1], [1.5, 4]))
    np.testing.assert_allclose(data(dots), (lams[:4], [3, 1, 5, 2]))
    band = axes.collections[0].get_paths()[0].vertices
    at = band[np.isclose(band[:, 0], 0.1), 1]
    assert (at.min(), at.max()) == (pytest.approx(4 - 2**0.5), pytest.approx(4 + 2**0.5))
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "0.1", "0.3"]
    assert axes.get_xscale() == "linear"
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == ["d = 8", "d = 16"]


def test_lambdas_over_decades_are_on_a_log_scale_that_has_a_zero(tmp_path, saved):
    lams = np.array([0, 0.001, 0.01, 0.1])
    against_lambda({"anci": {"d = 8": (lams, lams)}}, tmp_path / "a.png")
    (axes,) = saved[0].axes
    assert axes.get_xscale() == "symlog"
    places = axes.transData.transform([(lam, 0.0) for lam in lams])[:, 0]
    assert (np.diff(places) > 0).all()
    assert np.diff(places)[1] == pytest.approx(np.diff(places)[2])


def test_a_figure_of_no_metric_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no metrics"):
        against_lambda({}, tmp_path / "a.png")
