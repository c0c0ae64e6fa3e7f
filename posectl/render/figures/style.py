"""The styles of curves: a method has the same colour and dash in every figure."""

from __future__ import annotations

import re
from collections.abc import Iterable
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


def styles(labels: Iterable[str]) -> dict[str, Style]:
    """Return a style for each label: its method's, for the first label of a method; for all others one that is left."""
    labels = list(labels)
    chosen: dict[str, Style] = {}
    for label in labels:
        style = METHODS.get(method(label))
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
