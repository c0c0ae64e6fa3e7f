"""Figures for a paper: transitions over alpha, losses over steps, metrics against lambda; .png, .pdf or .svg."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from posectl.errors import InvalidInputError, UsageError, nearest_name
from posectl.render import theme
from posectl.render.files import replacing

DPI = 200
COLUMNS = 3
# A curve with more points than this is drawn faintly, under its running mean over this part of it.
NOISY = 100
SMOOTHED = 0.04
# Losses that span less than this factor are as well on a linear scale.
DECADE = 10
# More ticks than this would run into each other as they stand.
CROWDED = 5

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
# The suffixes that figures are written under, each with what keeps the date out.
UNDATED: dict[str, dict[str, Any]] = {".pdf": {"CreationDate": None}, ".png": {}, ".svg": {"Date": None}}

Curves = Mapping[str, np.ndarray]
Log = Mapping[str, tuple[np.ndarray, np.ndarray]]
Lines = Mapping[str, tuple[np.ndarray, np.ndarray]]


def transition_curves(
    curves: Curves, path: str | Path, *, spread: Curves | None = None, title: str | None = None
) -> None:
    """Average normalised transitions over alpha, one curve a model, and the line at 1 that an even path keeps to.

    curves: label -> (T-1,), the change from each step to the next over the mean change. spread: label -> (T-1,), how
    far a band round the curve reaches to either side, for the labels that have one.

    Source: Naayem, Figs. 1 and 2, whose captions exchange the axes. Raises InvalidInputError for curves that are empty,
    not finite or not of one dimension, UsageError for a suffix other than .pdf, .png and .svg.
    """
    curves, bands = _checked(curves), _checked(spread) if spread else {}
    with _figure(path, 6.4, 3.6) as figure:
        axes = figure.add_subplot()
        for (label, curve), colour in zip(curves.items(), _colours(len(curves)), strict=True):
            alpha = mid_steps(len(curve))
            if label in bands:
                low, high = curve - bands[label], curve + bands[label]
                axes.fill_between(alpha, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(alpha, curve, color=colour)
        _over_alpha(axes)
        axes.set_xlabel("α")
        axes.set_ylabel("normalised change")
        axes.set_title(title or "")
        _legend(figure, list(curves))


def path_transitions(values: Curves, path: str | Path) -> None:
    """The normalised transitions of single paths over alpha, one panel a path, all on one scale.

    values: label -> (T-1,). Source: Naayem, Figs. 5 and 7. Raises as transition_curves does.
    """
    values = _checked(values)
    with _figure(path, 6.4, 0.9 + 1.5 * len(values)) as figure:
        panels = figure.subplots(len(values), sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (label, value), colour in zip(panels, values.items(), _colours(len(values)), strict=True):
            alpha = mid_steps(len(value))
            axes.fill_between(alpha, 1.0, value, color=colour, alpha=0.18, linewidth=0)
            axes.plot(alpha, value, color=colour)
            _over_alpha(axes)
            axes.set_title(label)
        figure.supylabel("normalised change", color=INK, fontsize=9)
        panels[-1].set_xlabel("α")


def training_curves(logs: Mapping[str, Log], path: str | Path) -> None:
    """Losses over training steps, one panel a loss, one curve a run; on a log scale where that helps.

    logs: run -> loss -> (steps (n,), values (n,)). Long runs are drawn faintly, under their running mean. Values that
    are not finite leave a gap.

    Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other than .pdf, .png and .svg.
    """
    names = list(dict.fromkeys(name for log in logs.values() for name in log))
    if not names:
        raise InvalidInputError("There are no losses to draw.", "Give the log of at least one training.")
    rows = math.ceil(len(names) / COLUMNS)
    columns = math.ceil(len(names) / rows)
    with _figure(path, 0.8 + 2.9 * columns, 0.4 + 2.3 * rows) as figure:
        for place, name in enumerate(names, start=1):
            axes = figure.add_subplot(rows, columns, place, title=name, xlabel="step")
            axes.locator_params(axis="x", nbins=4)
            for log, colour in zip(logs.values(), _colours(len(logs)), strict=True):
                if name in log:
                    _loss(axes, *log[name], colour)
        _legend(figure, list(logs))


def against_lambda(metrics: Mapping[str, Lines], path: str | Path) -> None:
    """Metrics against lambda, one small panel a metric, one line a label: the mean over seeds, in a band of their
    standard deviation (n - 1) to either side, over a dot for each seed.

    metrics: metric -> label -> (lambdas (n,), values (n,)), in any order, a value for each lambda and seed. Values that
    are not finite are left out. Lambda 0 is drawn, on an axis that is linear below the smallest other one and
    logarithmic above, where they span more than a decade.

    Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other than .pdf, .png and .svg.
    """
    if not metrics:
        raise InvalidInputError("There are no metrics to draw.", "Give at least one.")
    labels = list(dict.fromkeys(label for lines in metrics.values() for label in lines))
    colours = dict(zip(labels, _colours(len(labels)), strict=True))
    rows = math.ceil(len(metrics) / COLUMNS)
    columns = math.ceil(len(metrics) / rows)
    with _figure(path, 0.8 + 2.9 * columns, 0.4 + 2.3 * rows) as figure:
        for place, (name, lines) in enumerate(metrics.items(), start=1):
            axes = figure.add_subplot(rows, columns, place, title=name, xlabel="λ")
            every: set[float] = set()
            for label, (lams, values) in lines.items():
                lam, mean, spread = over_seeds(lams, values)
                every |= set(lam)
                axes.fill_between(lam, mean - spread, mean + spread, color=colours[label], alpha=0.15, linewidth=0)
                drawn = np.isin(lams, lam)
                axes.plot(lams[drawn], values[drawn], color=colours[label], alpha=0.5, ls="", marker="o", markersize=3)
                axes.plot(lam, mean, color=colours[label], marker="o" if len(lam) == 1 else None, ms=4)
            _over_lambda(axes, np.array(sorted(every)))
        _legend(figure, labels)


def over_seeds(lams: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lambdas (k,) in their order, and the mean and standard deviation (n - 1; 0 of one) of the finite values (n,)
    at each; a lambda without any is left out."""
    lams, values = np.asarray(lams, dtype=np.float64), np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    at = np.unique(lams[finite])
    groups = [values[finite & (lams == lam)] for lam in at]
    spread = [group.std(ddof=1) if len(group) > 1 else 0.0 for group in groups]
    return at, np.array([group.mean() for group in groups]), np.array(spread)


def mid_steps(transitions: int) -> np.ndarray:
    """The alpha (T-1,) midway between the two steps of each transition."""
    return (np.arange(transitions) + 0.5) / transitions


@contextmanager
def _figure(path: str | Path, width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches, written to `path` if all goes well."""
    suffix = Path(path).suffix.lower()
    if suffix not in UNDATED:
        raise UsageError(f"No figure can be written as {str(path)!r}.", nearest_name(suffix, UNDATED))
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        with replacing(path) as beside:
            figure.savefig(beside, format=suffix[1:], dpi=DPI, metadata=UNDATED[suffix])


def _checked(curves: Curves) -> dict[str, np.ndarray]:
    arrays = {label: np.asarray(curve, dtype=np.float64) for label, curve in curves.items()}
    if not arrays:
        raise InvalidInputError("There are no transitions to draw.", "Give at least one curve.")
    for label, array in arrays.items():
        if array.ndim != 1 or not array.size or not np.isfinite(array).all():
            raise InvalidInputError(
                f"The curve {label!r}, of shape {array.shape}, cannot be drawn.",
                "Give one finite number for each transition of a path.",
            )
    return arrays


def _colours(count: int) -> list[Any]:
    """Colours of curves: the theme's while they last, else so many along viridis."""
    if count <= len(theme.CYCLE):
        return list(theme.CYCLE[:count])
    return list(matplotlib.colormaps["viridis"](np.linspace(0, 0.9, count)))


def _over_alpha(axes: Axes) -> None:
    axes.axhline(1.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))


def _over_lambda(axes: Axes, lams: np.ndarray) -> None:
    positive = lams[lams > 0]
    if len(positive) and positive.max() > DECADE * positive.min():
        axes.set_xscale("symlog", linthresh=float(positive.min()), linscale=0.5)
    axes.set_xticks(lams, [f"{lam:g}" for lam in lams])
    if len(lams) > CROWDED:
        axes.tick_params(axis="x", labelrotation=60)
    axes.xaxis.set_minor_locator(NullLocator())


def _loss(axes: Axes, steps: np.ndarray, values: np.ndarray, colour: Any) -> None:
    steps, values = np.asarray(steps), np.asarray(values, dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    if len(values) > NOISY:
        axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.7)
        values = running_mean(values, max(3, round(SMOOTHED * len(values))))
    axes.plot(steps, values, color=colour, marker="o" if len(values) == 1 else None, markersize=4)
    drawn = np.concatenate([line.get_ydata() for line in axes.lines])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) and drawn.min() > 0 and drawn.max() > DECADE * drawn.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_yscale("linear")


def running_mean(values: np.ndarray, window: int) -> np.ndarray:
    """The mean (n,) of the finite among the `window` values around each, fewer at the ends; NaN without any."""
    ones = np.ones(min(window, len(values)))
    finite = np.isfinite(values)
    total = np.convolve(np.where(finite, values, 0.0), ones, mode="same")
    count = np.convolve(finite.astype(np.float64), ones, mode="same")
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0.5)


def _legend(figure: Figure, labels: list[str]) -> None:
    """Name the curves at the side, if there are several."""
    if len(labels) > 1:
        lines = [Line2D([], [], color=colour) for colour in _colours(len(labels))]
        figure.legend(lines, labels, loc="outside right upper")
