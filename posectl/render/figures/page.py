"""The page of a figure: settings, the file it is written to, its panels, and names beside curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.render import theme
from posectl.render.figures.style import Style
from posectl.render.files import replacing
from posectl.render.text import text_width

DPI = 200
COLUMNS = 3
# Values that span less than this factor are as well on a linear scale.
DECADE = 10
# The distance between the middles of two names at the side, in letter sizes.
APART = 1.35

INK, MUTED, GRID = ("#{:02x}{:02x}{:02x}".format(*colour) for colour in (theme.INK, theme.MUTED, theme.GRID))
SETTINGS: dict[Any, Any] = {
    "text.parse_math": False,  # a label is shown as it is
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titlecolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "pdf.fonttype": 42,  # TrueType, as journals ask
    "svg.hashsalt": "posectl",  # equal figures, equal bytes
}
# The suffixes of figures, each with the metadata that keeps the date out.
UNDATED: dict[str, dict[str, Any]] = {".pdf": {"CreationDate": None}, ".png": {}, ".svg": {"Date": None}}

Series = Mapping[str, np.ndarray]
Lines = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""label -> (x (n,), y (n,))."""


@contextmanager
def page(path: str | Path | None, width: float, height: float) -> Iterator[Figure]:
    """Make a figure of so many inches, written to `path`, if that is named and all goes well.

    Raises UsageError for a suffix other than .pdf, .png and .svg.
    """
    suffix = ".png" if path is None else Path(path).suffix.lower()
    if suffix not in UNDATED:
        raise UsageError(f"No figure can be written as {str(path)!r}.", did_you_mean(suffix, UNDATED))
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        if path is not None:
            with replacing(path) as beside:
                figure.savefig(beside, format=suffix[1:], dpi=DPI, metadata=UNDATED[suffix])


def room(labels: Iterable[str]) -> float:
    """Return how many inches names at the side take, the line before them included."""
    return max((text_width(label, 100) for label in labels), default=0.0) / 100 * SETTINGS["font.size"] / 72 + 0.55


def in_rows(count: int, most: int = COLUMNS) -> tuple[int, int]:
    """Return rows and columns of so many panels: as few rows as hold them, filled evenly."""
    rows = math.ceil(count / most)
    return rows, math.ceil(count / rows)


def checked(curves: Series, what: str = "curves") -> dict[str, np.ndarray]:
    """Return curves (n,) as float64. Raises InvalidInputError for none, and for empty or non-finite ones."""
    arrays = {label: np.asarray(curve, dtype=np.float64) for label, curve in curves.items()}
    if not arrays:
        raise InvalidInputError(f"There are no {what} to draw.", "Give at least one curve.")
    for label, array in arrays.items():
        if array.ndim != 1 or not array.size or not np.isfinite(array).all():
            raise InvalidInputError(
                f"The curve {label!r}, of shape {array.shape}, cannot be drawn.", "Give one finite number a point."
            )
    return arrays


def log_where_that_helps(axes: Axes, start: float | None = None) -> None:
    """Make the y axis logarithmic if all that is drawn is positive and spans more than a decade.

    What is drawn up to the abscissa `start` sets no scale, if every line goes on after it: it may run out of the panel.
    """
    lines = [np.asarray(line.get_xydata(), dtype=np.float64) for line in axes.lines]
    lines = [line[np.isfinite(line).all(1)] for line in lines]
    late = [line[line[:, 0] > start] if start is not None else line for line in lines]
    points = np.concatenate(lines)
    drawn = (np.concatenate(late) if min(map(len, late)) > 1 else points)[:, 1]
    if len(drawn) and drawn.min() > 0 and drawn.max() > DECADE * drawn.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_yscale("linear")
    if start is not None and len(drawn) and len(drawn) < len(points):
        low, high = drawn.min(), drawn.max()
        if axes.get_yscale() == "log":
            axes.set_ylim(low / (high / low) ** 0.05, high * (high / low) ** 0.05)
        elif high > low:
            axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def legend(figure: Figure, styles: Mapping[str, Style], band: str = "") -> None:
    """Name the curves at the side, if there are several, and say what the bands round them are, if there are any.

    The figure grows by what the names take, so that its panels keep their size.
    """
    names: dict[str, Any] = {}
    if len(styles) > 1:
        names = {name: Line2D([], [], color=style.colour, linestyle=style.dash) for name, style in styles.items()}
    if band:
        names[band] = Patch(color=MUTED, alpha=0.3, linewidth=0)
    if names:
        figure.set_figwidth(figure.get_figwidth() + room(names))
        figure.legend(list(names.values()), list(names), loc="outside right upper")


def name_at_end(axes: Axes, ends: Mapping[str, float], styles: Mapping[str, Style]) -> None:
    """Name curves at the right of a panel, each beside the y value where it ends, moved apart where they would touch.

    To be called last: where the names go depends on the limits and the layout.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    size = matplotlib.rcParams["font.size"]
    height = axes.get_window_extent().height / figure.dpi * 72
    at = axes.transAxes.inverted().transform(axes.transData.transform([(0.0, y) for y in ends.values()]))[:, 1]
    places = within(spread(at, APART * size / height), APART * size / height)
    for label, y, place in zip(ends, at, places, strict=True):
        style = styles[label]
        axes.plot(
            [1.0, 1.025, 1.05], [y, place, place], color=style.colour, linestyle="-", linewidth=1.0, clip_on=False,
            transform=axes.transAxes, solid_joinstyle="round", scalex=False, scaley=False, label="_leader",
        )  # fmt: skip
        axes.text(1.06, place, label, transform=axes.transAxes, color=INK, va="center", fontsize=size)


def within(places: np.ndarray, apart: float) -> np.ndarray:
    """Move places (n,) that are `apart` into [0, 1], in their order; those that do not fit go beyond 1."""
    order = np.argsort(places, kind="stable")
    steps = apart * np.arange(len(places))
    out = np.empty(len(places))
    out[order] = np.maximum(np.minimum(places[order], 1 - steps[::-1]), steps)
    return out


def spread(places: Sequence[float] | np.ndarray, apart: float) -> np.ndarray:
    """Move places (n,) as little as possible, in their order, so that each two are `apart`.

    Runs of places that would touch are set evenly about their mean; that is the least sum of squared moves.
    """
    order = np.argsort(places, kind="stable")
    runs: list[list[float]] = []  # the places of each run, without the shift by their order in it
    for place in np.asarray(places, dtype=np.float64)[order]:
        runs.append([place])
        while len(runs) > 1 and np.mean(runs[-1]) - np.mean(runs[-2]) < apart * (len(runs[-1]) + len(runs[-2])) / 2:
            runs[-2:] = [runs[-2] + runs[-1]]
    moved = [np.mean(run) + apart * (np.arange(len(run)) - (len(run) - 1) / 2) for run in runs]
    out = np.empty(len(order))
    out[order] = np.concatenate(moved)
    return out
