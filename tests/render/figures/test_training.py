"""Figures of trainings: what is drawn where."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.figures import over_training, training_curves
from posectl.render.figures.training import running_mean


def test_each_loss_has_a_panel_and_each_run_its_colour(tmp_path, saved):
    steps = np.arange(50)
    falling = 10.0 ** (-steps / 20)
    logs = {"AE": {"reconstruction": (steps, falling)}, "ACAI": {"critic": (steps, steps - 3.0)}}
    training_curves(logs, tmp_path / "a.png")
    first, second = saved[0].axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["reconstruction", "critic"]
    assert (first.get_yscale(), second.get_yscale()) == ("log", "linear")
    np.testing.assert_allclose(first.lines[0].get_xydata().T, (steps, falling))
    assert to_rgb(second.lines[0].get_color()) == to_rgb(theme.CYCLE[0])  # that of ACAI


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


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_first_steps_set_no_scale(tmp_path, saved, scale):
    steps = np.arange(0, 1001, 100)
    values = np.where(steps == 0, 1e6, 10.0 ** (-steps / 250) if scale == "log" else 1 + steps / 1000)
    training_curves({"AE": {"loss": (steps, values)}}, tmp_path / "a.png")
    (axes,) = saved[0].axes
    assert axes.get_yscale() == scale
    low, high = axes.get_ylim()
    assert low < values[1:].min() < values[1:].max() < high < 2 * values[1:].max()


def test_one_step_after_the_first_sets_no_scale_alone(tmp_path, saved):
    training_curves({"AE": {"loss": (np.array([0, 400]), np.array([0.45, 0.05]))}}, tmp_path / "a.png")
    low, high = saved[0].axes[0].get_ylim()
    assert low < 0.05 < 0.45 < high


def test_no_losses_are_refused(tmp_path):
    with pytest.raises(InvalidInputError):
        training_curves({"AE": {}}, tmp_path / "a.png")


SEEN = np.array([100.0, 200.0, 100.0, 200.0])


def test_scores_run_over_the_images_seen_by_the_mean_over_seeds(tmp_path, saved):
    metrics = {
        "mean distance": {"plain, d=2": (SEEN, np.array([4.0, 2.0, 6.0, np.nan]))},
        "smoothness": {"plain, d=2": (SEEN, SEEN / 200)},
    }
    over_training(metrics, tmp_path / "a.png")
    first, second = saved[0].axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == list(metrics)
    assert first.get_xlabel() == "images seen"
    np.testing.assert_allclose(first.lines[0].get_xydata().T, ([100, 200], [5, 2]))
    band = first.collections[0].get_paths()[0].vertices
    at = band[np.isclose(band[:, 0], 100), 1]
    assert (at.min(), at.max()) == (pytest.approx(5 - 2**0.5), pytest.approx(5 + 2**0.5))
    assert [text.get_text() for text in first.texts] == ["plain, d=2"]
    assert [text.get_text() for text in saved[0].legends[0].get_texts()] == ["± std over seeds"]


def test_baselines_are_level_lines_named_at_their_height(tmp_path, saved):
    metrics = {"smoothness": {"plain, d=2": (SEEN, np.array([0.5, 0.25, 0.5, 0.25]))}}
    over_training(metrics, tmp_path / "a.png", levels={"smoothness": {"crossfade": 0.875, "perfect": 0.0}})
    (axes,) = saved[0].axes
    levels = {line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":" or line.is_dashed()}
    assert {0.875, 0.0} <= levels
    height = {text.get_text(): text.get_position()[1] for text in axes.texts}
    top = axes.get_ylim()[1]
    assert height == pytest.approx({"plain, d=2": 0.25 / top, "crossfade": 0.875 / top, "perfect": 0.0})


def test_scores_over_decades_are_on_a_log_scale_that_no_perfect_baseline_stretches(tmp_path, saved):
    metrics = {"mean distance": {"plain": (SEEN[:2], np.array([0.03, 0.0003]))}}
    over_training(metrics, tmp_path / "a.png", levels={"mean distance": {"crossfade": 0.0064, "perfect": 1.8e-7}})
    (axes,) = saved[0].axes
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 1e-5
    assert [text.get_text() for text in axes.texts] == ["plain", "crossfade"]


def test_no_scores_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no scores over training"):
        over_training({"smoothness": {}}, tmp_path / "a.png")
