"""How curves look: a method is told by the same colour and dash everywhere."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_rgb

from posectl.render import theme
from posectl.render.figures.style import METHODS, SPARE, Style, lasting, method, styles


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


def test_lasting_styles_do_not_change_with_what_comes_later():
    labels = {"a": "acai λ=0.1, d=8", "b": "acai λ=0.3, d=8", "p": "plain, d=8", "r": "smooth λ=1 + cycle λ=1, d=8"}
    chosen = lasting(labels)
    assert chosen == {"a": METHODS["acai"], "b": SPARE[0], "p": METHODS["plain"], "r": SPARE[1]}
    for count in range(1, 4):
        first = dict(list(labels.items())[:count])
        assert lasting(first) == {name: chosen[name] for name in first}
    assert len(set(SPARE) | set(METHODS.values())) == len(SPARE) + len(METHODS)


def test_a_known_style_is_kept_and_taken_by_nobody_else():
    known = {"mine": METHODS["acai"], "again": METHODS["acai"]}
    looks = styles(["acai λ=1, d=8", "mine", "again"], known)
    assert looks["mine"] == METHODS["acai"]
    assert len(set(looks.values())) == 3
    assert styles(["x", "mine"], {"mine": Style("#123456")})["mine"] == Style("#123456")


def test_labels_of_no_method_take_the_cycle_in_its_order():
    assert [style.colour for style in styles("abcdefg").values()] == list(theme.CYCLE)


def test_no_combination_takes_the_colour_of_a_method_beside_it():
    looks = styles(["plain, d=8", "crossfade", *(f"smooth λ={i} + cycle λ=1, d=8" for i in range(7))])
    assert len({to_rgb(style.colour) for style in looks.values()}) == 9


def test_many_curves_have_as_many_colours():
    looks = styles([f"d = {i}" for i in range(20)])
    assert len({to_rgb(style.colour) for style in looks.values()}) == 20
