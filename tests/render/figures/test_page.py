"""What all figures share: files, settings, labels."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest

from posectl.errors import UsageError
from posectl.render.figures import Panel, error_curves, training_curves, transition_curves
from posectl.render.figures.page import spread, within

CURVES = {"λ = 0": np.array([0.5, 1.5, 1.0]), "λ = 0.1": np.array([1.2, 0.8, 1.0])}


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


def test_another_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(UsageError) as error:
        transition_curves(CURVES, tmp_path / "a.jpeg")
    assert ".pdf, .png, .svg" in error.value.hint


def test_names_that_would_touch_are_spread_about_their_mean():
    np.testing.assert_allclose(spread([0.5, 0.5, 0.9], 0.1), [0.45, 0.55, 0.9])
    np.testing.assert_allclose(spread([0.9, 0.52, 0.5], 0.1), [0.9, 0.56, 0.46])


def test_names_are_kept_beside_their_panel():
    np.testing.assert_allclose(within(np.array([-0.1, 0.1, 0.0]), 0.1), [0.0, 0.2, 0.1])
    np.testing.assert_allclose(within(np.array([1.1, 0.5, 1.0]), 0.1), [1.0, 0.5, 0.9])
    np.testing.assert_allclose(within(np.array([0.2, 0.4]), 0.1), [0.2, 0.4])


@pytest.mark.parametrize(
    "draw",
    [
        lambda labels, path: transition_curves(dict.fromkeys(labels, np.ones(3)), path),
        lambda labels, path: training_curves({key: {"loss": (np.arange(3), np.ones(3))} for key in labels}, path),
        lambda labels, path: error_curves(
            [Panel("MSE", "α", dict.fromkeys(labels, (np.arange(3), np.arange(3.0))))] * 2, path
        ),
    ],
)
def test_long_names_do_not_squeeze_the_panels(tmp_path, draw):
    def width(labels):
        figure = draw(labels, tmp_path / "a.png")
        return figure.axes[0].get_position().width * figure.get_figwidth()

    long = ["adversarial λ=0.005 + cycle λ=0.01 + smooth λ=0.01, d=256", "x"]
    assert width(long) == pytest.approx(width(["plain", "acai"]), abs=0.12)


def test_names_keep_their_order_and_their_distance_however_many_collide():
    places = np.random.default_rng(1).random(9) ** 3
    moved = spread(places, 0.08)
    order = np.argsort(places)
    assert np.diff(moved[order]).min() >= 0.08 - 1e-12
    assert moved.mean() == pytest.approx(places.mean())


def test_names_far_enough_apart_stay():
    np.testing.assert_allclose(spread([0.3, 0.1, 0.8], 0.15), [0.3, 0.1, 0.8])
