"""Figures of trainings: losses over steps, and scores over the images seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from posectl.errors import InvalidInputError
from posectl.render.figures.page import DECADE, Lines, in_rows, legend, log_where_that_helps, name_at_end, page, room
from posectl.render.figures.style import Style, styles
from posectl.render.figures.sweeps import OVER_SEEDS, has_bands, over_seeds

# A curve with more points than this is drawn faintly, under its running mean over this part of it.
NOISY = 100
SMOOTHED = 0.04
# What is drawn of this first part of a training sets no scale: the first steps would squeeze all others.
START = 0.02

Log = Mapping[str, tuple[np.ndarray, np.ndarray]]


def training_curves(
    logs: Mapping[str, Log], path: str | Path | None, *, looks: Mapping[str, Style] | None = None
) -> Figure:
    """Draw losses over training steps, one panel a loss, one curve a run; on a log scale where that helps.

    logs: run -> loss -> (steps (n,), values (n,)). Long runs are drawn faintly, under their running mean. Values that
    are not finite leave a gap; those of the first steps set no scale. looks: styles that are known.

    Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other than .pdf, .png and .svg.
    """
    names = list(dict.fromkeys(name for log in logs.values() for name in log))
    if not names:
        raise InvalidInputError("There are no losses to draw.", "Give the log of at least one training.")
    rows, columns = in_rows(len(names))
    chosen = styles(logs, looks)
    with page(path, 0.3 + 2.9 * columns, 0.4 + 2.3 * rows) as figure:
        for place, name in enumerate(names, start=1):
            axes = figure.add_subplot(rows, columns, place, title=name, xlabel="step")
            axes.locator_params(axis="x", nbins=4)
            for run, log in logs.items():
                if name in log:
                    _loss(axes, *log[name], chosen[run])
            log_where_that_helps(axes, after_start(axes))
        legend(figure, chosen)
    return figure


def over_training(
    metrics: Mapping[str, Lines],
    path: str | Path | None,
    *,
    levels: Mapping[str, Mapping[str, float]] | None = None,
    seen: str = "images",
    looks: Mapping[str, Style] | None = None,
) -> Figure:
    """Draw scores over the samples seen in training, one panel a metric, one line a method, named at its end; on a log
    scale where that helps.

    metrics: metric -> label -> (samples seen (n,), values (n,)), in any order. Where several models have seen as many,
    the line is their mean, in a band of their standard deviation (n - 1). Values that are not finite are left out.
    levels: metric -> label -> value, for what needs no training: a level line, unless it is far below all others on a
    log scale. seen: what the samples are. looks: styles that are known.

    Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other than .pdf, .png and .svg.
    """
    levels = levels or {}
    names = [name for name, lines in metrics.items() if lines]
    if not names:
        raise InvalidInputError("There are no scores over training to draw.", "Give scores of at least one model.")
    everything = [label for part in (levels, metrics) for each in part.values() for label in each]
    chosen = styles(dict.fromkeys(everything), looks)
    rows, columns = in_rows(len(names))
    with page(path, columns * (3.2 + room(chosen)), 0.4 + 2.9 * rows) as figure:
        panels = [figure.add_subplot(rows, columns, place, title=name) for place, name in enumerate(names, start=1)]
        ends = [
            _scores(axes, metrics[name], levels.get(name, {}), chosen) for axes, name in zip(panels, names, strict=True)
        ]
        for axes, last in zip(panels, ends, strict=True):
            axes.set_xlabel(f"{seen} seen")
            name_at_end(axes, last, chosen)
        if any(has_bands(lines) for lines in metrics.values()):
            legend(figure, {}, OVER_SEEDS)
    return figure


def _scores(axes: Axes, lines: Lines, levels: Mapping[str, float], looks: Mapping[str, Style]) -> dict[str, float]:
    """Draw one metric, and return the end of each line."""
    ends: dict[str, float] = {}
    for label, points in lines.items():
        seen, mean, deviation = over_seeds(*points)
        if not len(seen):
            continue
        colour, dash = looks[label]
        axes.fill_between(seen, mean - deviation, mean + deviation, color=colour, alpha=0.15, linewidth=0)
        axes.plot(seen, mean, color=colour, linestyle=dash, marker="o", markersize=3, clip_on=False)
        ends[label] = float(mean[-1])
    log_where_that_helps(axes)
    lowest = min(ends.values(), default=0.0) / DECADE if axes.get_yscale() == "log" else -np.inf
    for label, level in levels.items():
        if level >= lowest:
            axes.axhline(level, color=looks[label].colour, linestyle=looks[label].dash, linewidth=1.2)
            ends[label] = level
    axes.set_xlim(0, max(float(np.max(seen)) for seen, _ in lines.values()))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.locator_params(axis="x", nbins=5)
    if axes.get_yscale() == "linear":
        axes.set_ylim(bottom=0)
    return ends


def _loss(axes: Axes, steps: np.ndarray, values: np.ndarray, style: Style) -> None:
    steps, values = np.asarray(steps), np.asarray(values, dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    if len(values) > NOISY:
        axes.plot(steps, values, color=style.colour, alpha=0.25, linewidth=0.7)
        values = running_mean(values, max(3, round(SMOOTHED * len(values))))
    axes.plot(
        steps, values, color=style.colour, linestyle=style.dash, marker="o" if len(values) == 1 else None, markersize=4
    )


def after_start(axes: Axes) -> float:
    """Return the step that ends the first part of a training, which sets no scale."""
    return START * max(float(np.max(line.get_xdata())) for line in axes.lines)


def running_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Return the mean (n,) of the finite among the `window` values around each, fewer at the ends; NaN without any."""
    ones = np.ones(min(window, len(values)))
    finite = np.isfinite(values)
    total = np.convolve(np.where(finite, values, 0.0), ones, mode="same")
    count = np.convolve(finite.astype(np.float64), ones, mode="same")
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0.5)
