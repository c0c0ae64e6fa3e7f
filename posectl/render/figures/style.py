"""The styles of curves: a method, and a model of a store, has the same colour and dash in every figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import cycle
from typing import Any, NamedTuple

import matplotlib
import numpy as np

from posectl.render import theme

SOLID, DASHED, DOTTED = "-", (0, (4, 2)), (0, (1, 1.6))


class Style(NamedTuple):
    """A colour and a dash, as matplotlib takes them."""

    colour: Any
    dash: Any = SOLID


_INK, _GREY = ("#{:02x}{:02x}{:02x}".format(*colour) for colour in (theme.INK, theme.SHADE))
_BLUE, _VERMILLION, _GREEN, _PINK, _SKY, _ORANGE, _ = theme.CYCLE

# Methods that one paper sets side by side differ in colour; beyond that, in dash.
METHODS = {
    "crossfade": Style(_GREY, DOTTED),
    "perfect": Style(_INK, DOTTED),
    "plain": Style(_INK),
    "acai": Style(_BLUE),
    "vae": Style(_GREEN),
    "betavae": Style(_GREEN, DASHED),
    "aae": Style(_PINK),
    "dropout": Style(_SKY, DASHED),
    "denoising": Style(_ORANGE, DASHED),
    "vqvae": Style(_VERMILLION, DASHED),
    "aeai": Style(_VERMILLION),
    "gaia": Style(_SKY),
    "gaia2": Style(_SKY, DOTTED),
    "amr": Style(_ORANGE),
}


# Beyond the methods' own: colours that are none of theirs, in each dash.
_OTHERS = ("#6a3d9a", "#8c510a", "#999933", "#e7298a", "#44aa99", "#882255", "#5d7083")
SPARE = tuple(Style(colour, dash) for dash in (SOLID, DASHED, DOTTED) for colour in _OTHERS)


def lasting(labels: Mapping[str, str]) -> dict[str, Style]:
    """Return a style for each of things with these labels, which later things do not change: the first of a method has
    its method's, any other the next of SPARE, over and over."""
    chosen: dict[str, Style] = {}
    spare = cycle(SPARE)
    for name, label in labels.items():
        style = METHODS.get(method(label))
        chosen[name] = next(spare) if style is None or style in chosen.values() else style
    return chosen


def styles(labels: Iterable[str], known: Mapping[str, Style] | None = None) -> dict[str, Style]:
    """Return a style for each label: the known one; else its method's, for the first label of a method; for all others
    one that is left. No two have the same."""
    labels = list(labels)
    known = known or {}
    chosen: dict[str, Style] = {}
    for label in sorted(labels, key=lambda label: label not in known):
        style = known.get(label, METHODS.get(method(label)))
        if style is not None and style not in chosen.values():
            chosen[label] = style
    others = [label for label in labels if label not in chosen]
    chosen |= dict(zip(others, _left(len(others), {style.colour for style in chosen.values()}), strict=True))
    return {label: chosen[label] for label in labels}


def method(label: str) -> str:
    """Return the method that a label begins with, "acai λ=0.5, d=64" with "acai"; "" for a combination of several."""
    name = re.match(r"[^\s,(]*", label)
    return "" if " + " in label or name is None else name[0].replace("-", "").lower()


def _left(count: int, taken: set[Any]) -> list[Style]:
    """Return styles beside those taken: colours of the theme while they last, else so many along viridis, without its
    start, which is too near the ink."""
    free = [colour for colour in theme.CYCLE if colour not in taken]
    colours = free[:count] if count <= len(free) else matplotlib.colormaps["viridis"](np.linspace(0.15, 0.9, count))
    return [Style(colour if isinstance(colour, str) else tuple(colour)) for colour in colours]
