"""The latent manifold: codes in two or three dimensions, with the grid of the factors behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox
from mpl_toolkits.mplot3d.proj3d import proj_transform

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.figures.page import GRID, INK, MUTED, page, room

# A cyclic map: blue, dark, vermillion, light; neighbours differ in lightness for those who see no hue.
ROUND = LinearSegmentedColormap.from_list("round", ["#0072B2", "#1F2433", "#D55E00", "#E8C15A", "#0072B2"], N=256)
ALONG = LinearSegmentedColormap.from_list("along", ["#2B0B57", "#3B528B", "#21918C", "#5EC962", "#C9D62B"], N=256)

# Codes of more samples than this are drawn as smaller dots.
MANY = 2000
# No side of the box round codes in space is shorter than this part of the longest.
FLATTEST = 0.3
# Inches that a scale of colours takes.
BAR = 0.9
CLASS_COLOURS = (*theme.CYCLE, "#6a3d9a", "#8c510a", "#999933")
# Where a name may stand, in points from what it names.
_PLACES = [(0.0, 0.0), *((far * np.cos(turn), far * np.sin(turn)) for far in (9.0, 16.0, 24.0)
                         for turn in np.arange(8) * np.pi / 4)]  # fmt: skip
_HALO = [withStroke(linewidth=2.0, foreground="white")]


@dataclass(frozen=True)
class Manifold:
    """The codes (N, 2 or 3) of a manifold. axes: the names of its dimensions.

    values (N,): the colours of the codes, called `what`; of `period` where it goes round. classes: where values are
    kinds that have no order, their names, which the values number; at most as many as there are CLASS_COLOURS, beside
    whatever number is beyond them, which is drawn in grey as `others` of them. grid: lines (K, 2 or 3), each along one
    factor. marks: points (2 or 3,) of the grid with their names. robust: whether colours go from the 1st to the 99th
    hundredth of the values.
    """

    codes: np.ndarray
    axes: Sequence[str]
    values: np.ndarray | None = None
    what: str = ""
    period: float | None = None
    classes: Sequence[str] = ()
    others: int = 0
    grid: Sequence[np.ndarray] = ()
    marks: Sequence[tuple[np.ndarray, str]] = ()
    robust: bool = False


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
        points = axes.scatter(*codes.T, **dots(shown, len(codes)))
        for line in shown.grid:
            axes.plot(*np.asarray(line).T, color=INK, linewidth=0.7, alpha=0.75)
        axes.set_title(title)
        for set_label, name in zip((axes.set_xlabel, axes.set_ylabel, *((axes.set_zlabel,) if solid else ())),
                                   shown.axes, strict=True):  # fmt: skip
            set_label(name)
        if solid:
            _in_space(axes, codes)
        else:
            axes.set_aspect("equal", adjustable="datalim")
        if shown.classes:
            name_classes(figure, shown)
        elif shown.values is not None and shown.what:
            colour_bar(figure, points, axes, shown, pad=0.12 if solid else 0.02)
        _name_grid(figure, axes, shown.marks)
    return figure


def colour_bar(figure: Figure, points: Any, axes: Any, shown: Manifold, pad: float = 0.02) -> None:
    """Draw the scale of the colours beside axes."""
    extend = "both" if shown.robust else "neither"
    bar = figure.colorbar(points, ax=axes, label=shown.what, shrink=0.7, pad=pad, extend=extend)
    bar.outline.set_visible(False)
    if shown.period is not None:
        bar.set_ticks([shown.period * part / 4 for part in range(5)])
        bar.ax.yaxis.set_major_formatter("{x:.3g}")


def name_classes(figure: Figure, shown: Manifold) -> None:
    """Name the classes at the side, in their colours."""
    names = [*shown.classes, f"{shown.others} others"][: len(shown.classes) + bool(shown.others)]
    marks = [Line2D([], [], color=colour, marker="o", ls="", ms=4) for colour in _colours_of(shown)]
    figure.set_figwidth(figure.get_figwidth() - BAR + room([*names, shown.what]))
    figure.legend(marks, names, loc="outside right upper", title=shown.what, alignment="left")


def _colours_of(shown: Manifold) -> list[Any]:
    return [*CLASS_COLOURS[: len(shown.classes)], *([GRID] if shown.others else [])]


def _name_grid(figure: Figure, axes: Any, marks: Sequence[tuple[np.ndarray, str]]) -> None:
    """Write the names of points beside them, each at the first place that no other takes; those without any are left
    out. To be called last: where the names go depends on the limits and the layout."""
    if not marks:
        return
    figure.draw_without_rendering()
    taken: list[Bbox] = []
    for point, name in marks:
        at = proj_transform(*point, axes.get_proj())[:2] if len(point) == 3 else point
        text = axes.annotate(
            name, at, (0, 0), textcoords="offset points", color=INK, fontsize=7, ha="center", va="center",
            path_effects=_HALO, zorder=9, annotation_clip=False,
        )  # fmt: skip
        for offset in _PLACES:
            text.set_position(offset)
            box = text.get_window_extent().padded(1.0)
            if not box.count_overlaps(taken):
                taken.append(box)
                break
        else:
            text.remove()


def dots(shown: Manifold, count: int, limits: dict[str, float] | None = None) -> dict[str, Any]:
    """Return the look of so many codes, as options of a scatter; limits: see `colour_limits`."""
    look: dict[str, Any] = {"s": 14 if count <= MANY else 4, "linewidths": 0, "alpha": 0.9, "rasterized": count > MANY}
    if shown.values is None:
        return {**look, "color": MUTED}
    if shown.classes:
        return {**look, "c": shown.values, "cmap": ListedColormap(_colours_of(shown)), "vmin": -0.5,
                "vmax": len(_colours_of(shown)) - 0.5}  # fmt: skip
    cmap: Colormap = ALONG if shown.period is None else ROUND
    return {**look, "c": shown.values, "cmap": cmap, **(limits or colour_limits([shown]))}


def colour_limits(every: Sequence[Manifold]) -> dict[str, float]:
    """Return the values at the ends of the scale of colours of several maps, as options of a scatter."""
    if every[0].period is not None:
        return {"vmin": 0.0, "vmax": every[0].period}
    values = np.concatenate([np.asarray(shown.values, dtype=np.float64) for shown in every])
    low, high = np.quantile(values, (0.01, 0.99) if every[0].robust else (0.0, 1.0))
    return {"vmin": float(low), "vmax": float(high)}


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
