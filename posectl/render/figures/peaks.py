"""The figure of where paths are fastest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from posectl.errors import InvalidInputError
from posectl.render.figures.page import INK, MUTED, in_rows, page
from posectl.render.figures.style import DASHED, Style, styles


class PeakCurve(NamedTuple):
    """The share of paths whose peak is in each part of the way, at its middle alpha, and that of a normal distribution
    of the same mean and deviation, each (n,)."""

    alpha: np.ndarray
    share: np.ndarray
    normal: np.ndarray


def peak_curves(
    methods: Mapping[str, PeakCurve], path: str | Path | None, *, looks: Mapping[str, Style] | None = None
) -> Figure:
    """Draw where on their way paths are fastest, one panel a method, all on one scale: bars of the share of paths, and
    the normal distribution of the same mean and deviation.

    Source: Naayem, section V.B. Raises InvalidInputError where there is nothing to draw, UsageError for a suffix other
    than .pdf, .png and .svg.
    """
    if not methods:
        raise InvalidInputError("There are no peaks to draw.", "Give those of at least one method.")
    chosen = styles(methods, looks)
    rows, columns = in_rows(len(methods))
    with page(path, 0.3 + 2.9 * columns, 0.4 + 2.1 * rows) as figure:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, (label, found) in zip(panels, methods.items(), strict=False):
            axes.bar(found.alpha, found.share, 0.9 / len(found.alpha), color=chosen[label].colour, alpha=0.6)
            axes.plot(found.alpha, found.normal, color=MUTED, linestyle=DASHED, linewidth=1.2)
            axes.set_title(label)
        for axes in panels[len(methods) :]:
            axes.remove()
        panels[0].set_xlim(0, 1)
        panels[0].text(0.98, 0.97, "dashed: normal", color=MUTED, ha="right", va="top", fontsize=7,
                       transform=panels[0].transAxes)  # fmt: skip
        figure.supxlabel("α of the largest step", color=INK, fontsize=9)
        figure.supylabel("share of paths", color=INK, fontsize=9)
    return figure
