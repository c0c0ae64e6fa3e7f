"""Figures of the changes of a path from step to step, over alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posectl.render.figures.page import INK, MUTED, Series, checked, legend, page
from posectl.render.figures.style import styles


def transition_curves(
    curves: Series, path: str | Path | None, *, spread: Series | None = None, title: str | None = None
) -> Figure:
    """Draw average normalised transitions over alpha, one curve a model, and the line at 1 of an even path.

    curves: label -> (T-1,), the change from each step to the next over the mean change. spread: label -> (T-1,), how
    far a band round the curve reaches to either side, for the labels that have one.

    Source: Naayem, Figs. 1 and 2, whose captions exchange the axes. Raises InvalidInputError for curves that are empty,
    not finite or not of one dimension, UsageError for a suffix other than .pdf, .png and .svg.
    """
    curves, bands = checked(curves), checked(spread) if spread else {}
    looks = styles(curves)
    with page(path, 6.4, 3.6) as figure:
        axes = figure.add_subplot()
        for label, curve in curves.items():
            colour, dash = looks[label]
            alpha = mid_steps(len(curve))
            if label in bands:
                low, high = curve - bands[label], curve + bands[label]
                axes.fill_between(alpha, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(alpha, curve, color=colour, linestyle=dash)
        _over_alpha(axes)
        axes.set_xlabel("α")
        axes.set_ylabel("normalised change")
        axes.set_title(title or "")
        legend(figure, looks)
    return figure


def path_transitions(values: Series, path: str | Path | None) -> Figure:
    """Draw the normalised transitions of single paths over alpha, one panel a path, all on one scale.

    values: label -> (T-1,). Source: Naayem, Figs. 5 and 7. Raises as transition_curves does.
    """
    values = checked(values)
    looks = styles(values)
    with page(path, 6.4, 0.9 + 1.5 * len(values)) as figure:
        panels = figure.subplots(len(values), sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (label, value) in zip(panels, values.items(), strict=True):
            alpha = mid_steps(len(value))
            axes.fill_between(alpha, 1.0, value, color=looks[label].colour, alpha=0.18, linewidth=0)
            axes.plot(alpha, value, color=looks[label].colour)
            _over_alpha(axes)
            axes.set_title(label)
        figure.supylabel("normalised change", color=INK, fontsize=9)
        panels[-1].set_xlabel("α")
    return figure


def mid_steps(transitions: int) -> np.ndarray:
    """Return the alpha (T-1,) midway between the two steps of each transition."""
    return (np.arange(transitions) + 0.5) / transitions


def _over_alpha(axes: Axes) -> None:
    axes.axhline(1.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
