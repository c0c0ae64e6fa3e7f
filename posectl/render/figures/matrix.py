"""Matrices of signed numbers, such as the entanglement of attributes, side by side on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from posectl.render.figures.page import MUTED, page, room

CELL, MOST_WRITTEN, WIDEST = 0.42, 12, 6.0
"""Inches of a cell, of up to so many a side; beyond, cells bear no number, and shrink to fit into so many inches."""

LETTERS, LINE = 11, 0.22  # of a title: letters on an inch, inches of a line


def matrices(panels: Mapping[str, np.ndarray], names: Sequence[str], path: str | Path | None) -> Figure:
    """Draw matrices (A, A), one panel each under its label: the row is what was moved along, the column what changed.

    Blue is a fall and vermillion a rise; the scale is the same in all panels, even about 0.
    """
    count = len(names)
    most = max(float(np.abs(matrix).max()) for matrix in panels.values()) or 1.0
    side, small = min(CELL * count, WIDEST), 9 if count <= MOST_WRITTEN else 5
    aside = (room(names) - 0.5) * small / 9 + 0.2
    titles = [fill(label, int(LETTERS * side)) for label in panels]
    above = LINE * max(title.count("\n") + 1 for title in titles)
    with page(path, aside + len(panels) * (side + 0.2) + 1.0, side + aside + above + 0.5) as figure:
        axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for panel, title, matrix in zip(axes, titles, panels.values(), strict=True):
            image = panel.imshow(matrix, cmap="RdBu_r", vmin=-most, vmax=most)
            panel.set_title(title)
            panel.grid(False)
            panel.set_xticks(range(count), names, rotation=90, fontsize=small)
            panel.set_yticks(range(count), names, fontsize=small)
            for (i, j), value in np.ndenumerate(matrix) if count <= MOST_WRITTEN else ():
                ink = "white" if abs(value) > 0.6 * most else MUTED
                panel.text(j, i, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=7)
        axes[0].set_ylabel("moved along")
        figure.supxlabel("changes", fontsize=9)
        figure.colorbar(image, ax=list(axes), shrink=0.8)
    return figure
