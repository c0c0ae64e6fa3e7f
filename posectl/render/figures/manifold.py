"""The latent manifold: codes in two or three dimensions, with the grid of the factors behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from posectl.errors import InvalidInputError
from posectl.render.figures.page import GRID, INK, MUTED, page

# A cyclic map: blue, dark, vermillion, light; neighbours differ in lightness for those who see no hue.
ROUND = LinearSegmentedColormap.from_list("round", ["#0072B2", "#1F2433", "#D55E00", "#E8C15A", "#0072B2"], N=256)
ALONG = LinearSegmentedColormap.from_list("along", ["#2B0B57", "#3B528B", "#21918C", "#5EC962", "#C9D62B"], N=256)

# Codes of more samples than this are drawn as smaller dots.
MANY = 2000
# No side of the box round codes in space is shorter than this part of the longest.
FLATTEST = 0.3
_HALO = [withStroke(linewidth=2.0, foreground="white")]


@dataclass(frozen=True)
class Manifold:
    """The codes (N, 2 or 3) of a manifold. axes: the names of its dimensions.

    values (N,): the colours of the codes, called `what`; of `period` where it goes round; no scale is drawn if `what`
    is empty. grid: lines (K, 2 or 3), each along one factor. marks: points (2 or 3,) of the grid with their names.
    """

    codes: np.ndarray
    axes: Sequence[str]
    values: np.ndarray | None = None
    what: str = ""
    period: float | None = None
    grid: Sequence[np.ndarray] = ()
    marks: Sequence[tuple[np.ndarray, str]] = ()


def manifold(shown: Manifold, path: str | Path | None, *, title: str = "") -> Figure:
    """Draw codes as dots, coloured by a factor, under the lines of the factors' grid; all axes on one scale.

    Source: Oring et al., Fig. 2. Raises InvalidInputError for codes that are empty, not finite or of
    another dimension, UsageError for a suffix other than .pdf, .png and .svg.
    """
    codes = np.asarray(shown.codes, dtype=np.float64)
    if codes.ndim != 2 or codes.shape[1] not in (2, 3) or not len(codes) or not np.isfinite(codes).all():
        raise InvalidInputError(
            f"Codes of shape {codes.shape} cannot be drawn.", "Give finite ones in two or three dimensions."
        )
    solid = codes.shape[1] == 3
    with page(path, 5.4, 4.6) as figure:
        axes: Any = figure.add_subplot(projection="3d" if solid else None)
        dots = axes.scatter(*codes.T, **_dots(shown, len(codes)))
        for line in shown.grid:
            axes.plot(*np.asarray(line).T, color=INK, linewidth=0.7, alpha=0.75)
        for point, name in shown.marks:
            axes.text(*point, name, color=INK, fontsize=7, ha="center", va="center", path_effects=_HALO, zorder=9)
        axes.set_title(title)
        for set_label, name in zip((axes.set_xlabel, axes.set_ylabel, *((axes.set_zlabel,) if solid else ())),
                                   shown.axes, strict=True):  # fmt: skip
            set_label(name)
        if solid:
            _in_space(axes, codes)
        else:
            axes.set_aspect("equal", adjustable="datalim")
        if shown.values is not None and shown.what:
            bar = figure.colorbar(dots, ax=axes, label=shown.what, shrink=0.7, pad=0.12 if solid else 0.02)
            bar.outline.set_visible(False)
            if shown.period is not None:
                bar.set_ticks([shown.period * part / 4 for part in range(5)])
                bar.ax.yaxis.set_major_formatter("{x:.3g}")
    return figure


def _dots(shown: Manifold, count: int) -> dict[str, Any]:
    look: dict[str, Any] = {"s": 14 if count <= MANY else 4, "linewidths": 0, "alpha": 0.9, "rasterized": count > MANY}
    if shown.values is None:
        return {**look, "color": MUTED}
    cmap: Colormap = ALONG if shown.period is None else ROUND
    limits = {} if shown.period is None else {"vmin": 0.0, "vmax": shown.period}
    return {**look, "c": shown.values, "cmap": cmap, **limits}


def _in_space(axes: Any, codes: np.ndarray) -> None:
    """Set one scale for all three axes, in a box that fits the codes, between quiet walls."""
    low, high = codes.min(0), codes.max(0)
    longest = (high - low).max() or 1.0
    sides = np.maximum(high - low, FLATTEST * longest)
    for axis, middle, side in zip("xyz", (low + high) / 2, 1.05 * sides, strict=True):
        getattr(axes, f"set_{axis}lim")(middle - side / 2, middle + side / 2)
        getattr(axes, f"{axis}axis").set_major_locator(MaxNLocator(max(2, round(4 * side / longest))))
    axes.set_box_aspect(sides, zoom=0.9)
    axes.view_init(elev=22, azim=-58)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_facecolor("white")
        axis.pane.set_edgecolor(GRID)
        axis.line.set_color(GRID)
