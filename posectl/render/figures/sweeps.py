"""The figure of sweeps: metrics against lambda."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from posectl.errors import InvalidInputError
from posectl.render.figures.page import DECADE, Lines, in_rows, legend, page
from posectl.render.figures.style import styles

# More ticks than this would run into each other as they stand.
CROWDED = 5
# What the bands are.
OVER_SEEDS = "± std over seeds"


def against_lambda(metrics: Mapping[str, Lines], path: str | Path | None) -> Figure:
    """Draw metrics against lambda, one small panel a metric, one line a label: the mean over seeds, in a band of their
    standard deviation (n - 1) to either side, over a dot for each seed.

    metrics: metric -> label -> (lambdas (n,), values (n,)), in any order, a value for each lambda and seed. Values that
    are not finite are left out. Lambda 0 is drawn, on an axis that is linear below the smallest other one and
    logarithmic above, where they span more than a decade.

    Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other than .pdf, .png and .svg.
    """
    if not metrics:
        raise InvalidInputError("There are no metrics to draw.", "Give at least one.")
    looks = styles(dict.fromkeys(label for lines in metrics.values() for label in lines))
    rows, columns = in_rows(len(metrics))
    with page(path, 0.3 + 2.9 * columns, 0.4 + 2.3 * rows) as figure:
        for place, (name, lines) in enumerate(metrics.items(), start=1):
            axes = figure.add_subplot(rows, columns, place, title=name, xlabel="λ")
            every: set[float] = set()
            for label, (lams, values) in lines.items():
                colour, dash = looks[label]
                lam, mean, deviation = over_seeds(lams, values)
                every |= set(lam)
                axes.fill_between(lam, mean - deviation, mean + deviation, color=colour, alpha=0.15, linewidth=0)
                drawn = np.isin(lams, lam)
                axes.plot(lams[drawn], values[drawn], color=colour, alpha=0.5, ls="", marker="o", markersize=3)
                axes.plot(lam, mean, color=colour, linestyle=dash, marker="o" if len(lam) == 1 else None, ms=4)
            _over_lambda(axes, np.array(sorted(every)))
        legend(figure, looks, OVER_SEEDS if any(map(has_bands, metrics.values())) else "")
    return figure


def has_bands(lines: Lines) -> bool:
    """Tell whether a band is drawn round any of these lines."""
    return any(over_seeds(*points)[2].any() for points in lines.values())


def over_seeds(at: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the abscissae (k,) in their order, and the mean and standard deviation (n - 1; 0 of one) of the finite
    values (n,) at each; one without any is left out."""
    at, values = np.asarray(at, dtype=np.float64), np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    places = np.unique(at[finite])
    groups = [values[finite & (at == place)] for place in places]
    deviation = [group.std(ddof=1) if len(group) > 1 else 0.0 for group in groups]
    return places, np.array([group.mean() for group in groups]), np.array(deviation)


def _over_lambda(axes: Axes, lams: np.ndarray) -> None:
    positive = lams[lams > 0]
    if len(positive) and positive.max() > DECADE * positive.min():
        axes.set_xscale("symlog", linthresh=float(positive.min()), linscale=0.5)
    axes.set_xticks(lams, [f"{lam:g}" for lam in lams])
    if len(lams) > CROWDED:
        axes.tick_params(axis="x", labelrotation=60)
    axes.xaxis.set_minor_locator(NullLocator())
