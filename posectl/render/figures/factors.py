"""Figures of paths between images with known factors: errors, retrieval, and distances among the factors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.figures.page import INK, MUTED, Lines, in_rows, name_at_end, page, room
from posectl.render.figures.style import DASHED, Style, styles

PANELS = 4  # a row, of one method each
TITLE = 24  # letters that fit over one
TO_START, TO_END = (theme.CYCLE[0], theme.CYCLE[1])


class Panel(NamedTuple):
    """One panel of lines: label -> (x (n,), y (n,))."""

    title: str
    abscissa: str
    lines: Lines


class RetrievalCurve(NamedTuple):
    """The alpha of the nearest real image at each `alpha`: its median over paths and its quartiles, each (T,)."""

    alpha: np.ndarray
    lower: np.ndarray
    median: np.ndarray
    upper: np.ndarray


class DistanceCurve(NamedTuple):
    """The mean distances to both ends of paths at each `alpha`, and those of the even path, each (T,)."""

    alpha: np.ndarray
    to_start: np.ndarray
    to_end: np.ndarray
    even_to_start: np.ndarray
    even_to_end: np.ndarray


def error_curves(
    panels: Sequence[Panel], path: str | Path | None, *, looks: Mapping[str, Style] | None = None
) -> Figure:
    """Draw errors of several methods in panels side by side, each line named at its end, right of the last panel.

    Every panel has the same labels; points that are not finite are left out. Source: Oring et al., Figs. 6 and 14: the
    mean over alpha, the deviation over alpha, the mean against the interval's length. looks: styles that are known.

    Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other than .pdf, .png and .svg.
    """
    if not panels or not panels[0].lines:
        raise InvalidInputError("There are no errors to draw.", "Give the curves of at least one method.")
    chosen = styles(panels[0].lines, looks)
    with page(path, 0.3 + 2.7 * len(panels) + room(chosen), 3.0) as figure:
        row = figure.subplots(1, len(panels), squeeze=False)[0]
        ends: dict[str, float] = {}
        for axes, panel in zip(row, panels, strict=True):
            for label, (x, y) in panel.lines.items():
                known = np.isfinite(y)
                axes.plot(x[known], y[known], color=chosen[label].colour, linestyle=chosen[label].dash)
                if known.any():
                    ends[label] = float(y[known][-1])
            axes.set_title(panel.title)
            axes.set_xlabel(panel.abscissa)
            axes.margins(x=0)
            axes.set_ylim(bottom=0)
        name_at_end(row[-1], ends, chosen)
    return figure


def retrieval_curves(
    methods: Mapping[str, RetrievalCurve], path: str | Path | None, *, looks: Mapping[str, Style] | None = None
) -> Figure:
    """Draw the alpha of the nearest real image over the alpha that was decoded, one panel a method: median and
    interquartile band, and the line of a perfect path.

    Source: Oring et al., Figs. 7 and 15. Raises as error_curves does.
    """
    chosen = styles(methods, looks)
    with page(path, *_size(methods)) as figure:
        panels = _panels(figure, methods)
        for axes, (label, found) in zip(panels, methods.items(), strict=True):
            colour = chosen[label].colour
            axes.plot((0, 1), (0, 1), color=MUTED, linewidth=1.0, linestyle=DASHED)
            axes.fill_between(found.alpha, found.lower, found.upper, color=colour, alpha=0.22, linewidth=0)
            axes.plot(found.alpha, found.median, color=colour, marker="o", markersize=2.5, linewidth=1.2)
        panels[0].text(
            0.97, 0.03, "band: quartiles", color=MUTED, ha="right", fontsize=7, transform=panels[0].transAxes
        )
        figure.supxlabel("α", color=INK, fontsize=9)
        figure.supylabel("α of the nearest real image", color=INK, fontsize=9)
    return figure


def distance_curves(methods: Mapping[str, DistanceCurve], path: str | Path | None, *, unit: str) -> Figure:
    """Draw the distances of paths from both ends in the space of the factors, over alpha, one panel a method, with the
    straight lines of an even path.

    Source: Oring et al., Fig. 8. Raises as error_curves does.
    """
    with page(path, *_size(methods)) as figure:
        panels = _panels(figure, methods)
        for axes, found in zip(panels, methods.values(), strict=True):
            for even in (found.even_to_start, found.even_to_end):
                axes.plot(found.alpha, even, color=MUTED, linewidth=1.0, linestyle=DASHED)
            axes.plot(found.alpha, found.to_start, color=TO_START)
            axes.plot(found.alpha, found.to_end, color=TO_END)
            axes.set_ylim(bottom=0)
        first = panels[0]
        first.set_ylim(top=1.18 * first.get_ylim()[1])  # room for two names
        for x, side, colour, name in ((0.98, "right", TO_START, "to the start"), (0.02, "left", TO_END, "to the end")):
            first.text(x, 0.98, name, color=colour, ha=side, va="top", transform=first.transAxes)
        figure.supxlabel("α", color=INK, fontsize=9)
        figure.supylabel(f"distance in factors ({unit})", color=INK, fontsize=9)
    return figure


def _size(methods: Collection[str]) -> tuple[float, float]:
    if not methods:
        raise InvalidInputError("There are no curves to draw.", "Give those of at least one method.")
    rows, columns = in_rows(len(methods), PANELS)
    lines = max(len(wrap(label, TITLE)) for label in methods)
    return 0.6 + 2.0 * columns, 0.5 + (1.83 + 0.17 * lines) * rows


def _panels(figure: Figure, methods: Collection[str]) -> list[Axes]:
    """Make a panel over alpha for each method, under its name, on one scale, without the last row's surplus."""
    count = len(methods)
    rows, columns = in_rows(count, PANELS)
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes in panels[count:]:
        axes.remove()
    for above in panels[max(0, count - columns) : count]:
        above.tick_params(labelbottom=True)
    for axes, label in zip(panels, methods, strict=False):
        axes.set_title("\n".join(wrap(label, TITLE)))
    panels[0].set_xlim(0, 1)
    panels[0].set_xticks((0, 0.5, 1), ("0", "0.5", "1"))
    return panels[:count]
