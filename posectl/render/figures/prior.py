"""Codes beside draws of the distribution that they are to follow, on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from posectl.errors import InvalidInputError
from posectl.render.figures.manifold import Manifold, dots, name_classes
from posectl.render.figures.page import page


def beside_prior(panels: Mapping[str, Manifold], path: str | Path | None) -> Figure:
    """Draw codes in the plane by title, one panel each, all on the scale of all; classes are named once.

    Source: Makhzani et al., "Adversarial Autoencoders", 2015, Figs. 5 and 8 of the seed's slides. Raises
    InvalidInputError for codes that are empty, not finite or not in the plane.
    """
    for name, shown in panels.items():
        codes = np.asarray(shown.codes)
        if codes.ndim != 2 or codes.shape[1] != 2 or not len(codes) or not np.isfinite(codes).all():
            raise InvalidInputError(f"{name}, of shape {codes.shape}, cannot be drawn.", "Give finite codes (N, 2).")
    with page(path, 4.4 * len(panels) + 0.4, 4.4) as figure:
        every = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (title, shown) in zip(every, panels.items(), strict=True):
            axes.scatter(*np.asarray(shown.codes).T, **dots(shown, len(shown.codes)))
            axes.set_title(title)
            axes.set_xlabel(shown.axes[0])
            axes.set_aspect("equal", adjustable="box")
        every[0].set_ylabel(next(iter(panels.values())).axes[1])
        named = [shown for shown in panels.values() if shown.classes]
        if named:
            name_classes(figure, max(named, key=lambda shown: len(shown.classes)))
    return figure
