"""How curves look: a method is told by the same colour and dash everywhere."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_rgb

from posectl.render import theme
from posectl.render.figures.style import METHODS, method, styles


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("acai λ=0.5, d=64", "acai"),
        ("plain, d=8", "plain"),
        ("crossfade", "crossfade"),
        ("vq-vae λ=1, d=256", "vqvae"),
        ("plain, d=8 (plain-scores)", "plain"),
        ("smooth λ=0.01 + cycle λ=0.01, d=8", ""),
    ],
)
def test_a_label_begins_with_its_method(label, name):
    assert method(label) == name


def test_a_method_looks_the_same_whatever_it_stands_beside():
    alone = styles(["acai λ=0.5, d=64"])["acai λ=0.5, d=64"]
    beside = styles(["smooth λ=1 + cycle λ=1, d=64", "plain, d=64", "acai λ=0.5, d=64", "x", "y"])
    assert beside["acai λ=0.5, d=64"] == alone == METHODS["acai"]
    assert len({style.colour for style in beside.values()}) == 5


def test_the_methods_of_each_paper_differ_in_colour():
    for paper in (
        ("plain", "dropout", "denoising", "vae", "aae", "vqvae", "acai"),
        ("crossfade", "plain", "betavae", "aae", "acai", "gaia", "amr", "aeai"),
    ):
        assert len({METHODS[name].colour for name in paper}) == len(paper)
    assert len(set(METHODS.values())) == len(METHODS)


def test_a_second_model_of_a_method_takes_another_colour():
    looks = styles(["acai λ=0.1, d=8", "acai λ=0.3, d=8"])
    assert looks["acai λ=0.1, d=8"] == METHODS["acai"]
    assert looks["acai λ=0.3, d=8"].colour == theme.CYCLE[1]


def test_labels_of_no_method_take_the_cycle_in_its_order():
    assert [style.colour for style in styles("abcdefg").values()] == list(theme.CYCLE)


def test_no_combination_takes_the_colour_of_a_method_beside_it():
    looks = styles(["plain, d=8", "crossfade", *(f"smooth λ={i} + cycle λ=1, d=8" for i in range(7))])
    assert len({to_rgb(style.colour) for style in looks.values()}) == 9


def test_many_curves_have_as_many_colours():
    looks = styles([f"d = {i}" for i in range(20)])
    assert len({to_rgb(style.colour) for style in looks.values()}) == 20
