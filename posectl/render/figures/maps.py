"""Maps of codes beside each other, on one scale of places and of colours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from posectl.errors import InvalidInputError
from posectl.render.figures.manifold import Manifold, colour_bar, colour_limits, dots, name_classes
from posectl.render.figures.page import page

_FEW, _IN_A_ROW = 2, 5


def maps(panels: Mapping[str, Manifold], path: str | Path | None) -> Figure:
    """Draw codes in the plane by title, one panel each, all on the scale of all; colours are named once.

    Source: Makhzani et al., "Adversarial Autoencoders", 2015, Figs. 5 and 8 of the seed's slides. Raises
    InvalidInputError for codes that are empty, not finite or not in the plane.
    """
    for name, shown in panels.items():
        codes = np.asarray(shown.codes)
        if codes.ndim != 2 or codes.shape[1] != 2 or not len(codes) or not np.isfinite(codes).all():
            raise InvalidInputError(f"{name}, of shape {codes.shape}, cannot be drawn.", "Give finite codes (N, 2).")
    columns = min(len(panels), _IN_A_ROW)
    rows = -(-len(panels) // columns)
    side = 4.4 if len(panels) <= _FEW else 2.6
    scaled = [shown for shown in panels.values() if shown.values is not None and not shown.classes]
    limits = colour_limits(scaled) if scaled else None
    with page(path, side * columns + 0.4, side * rows) as figure:
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        every = grid.ravel()[: len(panels)]
        for axes in grid.ravel()[len(panels) :]:
            axes.set_visible(False)
        for axes, (title, shown) in zip(every, panels.items(), strict=True):
            points = axes.scatter(*np.asarray(shown.codes).T, **dots(shown, len(shown.codes), limits))
            axes.set_title(title)
            axes.set_xlabel(shown.axes[0])
            axes.set_aspect("equal", adjustable="box")
        names = {shown.axes[1] for shown in panels.values()}
        # Principal components tell their shares, which differ.
        every[0].set_ylabel(names.pop() if len(names) == 1 else names.pop().partition(" (")[0])
        named = [shown for shown in panels.values() if shown.classes]
        if named:
            name_classes(figure, max(named, key=lambda shown: len(shown.classes)))
        if scaled:
            colour_bar(figure, points, list(every), scaled[0])
    return figure
