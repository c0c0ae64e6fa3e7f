"""Figures of the changes of a path from step to step, over alpha."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from posectl.render.figures.page import INK, MUTED, Series, checked, legend, page
from posectl.render.figures.style import Style, styles

CHANGE = "normalised change (even: 1)"


def transition_curves(
    curves: Series,
    path: str | Path | None,
    *,
    spread: Series | None = None,
    title: str | None = None,
    looks: Mapping[str, Style] | None = None,
) -> Figure:
    """Draw average normalised transitions over alpha, one curve a model, and the line at 1 of an even path.

    curves: label -> (T-1,), the change from each step to the next over the mean change. spread: label -> (T-1,), the
    standard deviation over paths, a band round the curve, for the labels that have one. looks: styles that are known.

    Source: Naayem, Figs. 1 and 2, whose captions exchange the axes. Raises InvalidInputError for curves that are empty,
    not finite or not of one dimension, UsageError for a suffix other than .pdf, .png and .svg.
    """
    curves, bands = checked(curves), checked(spread) if spread else {}
    chosen = styles(curves, looks)
    with page(path, 5.2, 3.6) as figure:
        axes = figure.add_subplot()
        for label, curve in curves.items():
            colour, dash = chosen[label]
            alpha = mid_steps(len(curve))
            if label in bands:
                low, high = curve - bands[label], curve + bands[label]
                axes.fill_between(alpha, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(alpha, curve, color=colour, linestyle=dash)
        _over_alpha(axes)
        axes.set_xlabel("α")
        axes.set_ylabel(CHANGE)
        axes.set_title(title or "")
        legend(figure, chosen, "± std over paths" if bands else "")
    return figure


def path_transitions(values: Series, path: str | Path | None, *, looks: Mapping[str, Style] | None = None) -> Figure:
    """Draw the normalised transitions of single paths over alpha, one panel a path, all on one scale.

    values: label -> (T-1,). looks: styles that are known. Source: Naayem, Figs. 5 and 7. Raises as transition_curves
    does.
    """
    values = checked(values)
    chosen = {**styles(values), **(looks or {})}
    with page(path, 6.4, 0.9 + 1.5 * len(values)) as figure:
        panels = figure.subplots(len(values), sharex=True, sharey=True, squeeze=False)[:, 0]
        for axes, (label, value) in zip(panels, values.items(), strict=True):
            alpha = mid_steps(len(value))
            colour = chosen[label].colour
            axes.fill_between(alpha, 1.0, value, color=colour, alpha=0.18, linewidth=0)
            axes.plot(alpha, value, color=colour, marker="o" if len(value) == 1 else None)
            axes.set_title(label)
        for axes in panels:  # of all together, now that the scale that they share is known
            _over_alpha(axes)
        figure.supylabel(CHANGE, color=INK, fontsize=9)
        panels[-1].set_xlabel("α")
    return figure


def mid_steps(transitions: int) -> np.ndarray:
    """Return the alpha (T-1,) midway between the two steps of each transition."""
    return (np.arange(transitions) + 0.5) / transitions


def _over_alpha(axes: Axes) -> None:
    axes.axhline(1.0, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
