"""Drawings of subjects, one function for each kind of sample.

`@drawing("poses")` on a function (run, subjects, options, animated) registers the drawing of a kind: it returns the
frames (T, H, W, 3) uint8 of an animation, a `Film` where they were recorded at a known rate, or a still picture: a
`Page`, or pixels (H, W, 3) uint8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from posectl.core.kinds import Kind
from posectl.errors import InvalidInputError
from posectl.registry import Registry
from posectl.render.page import Page
from posectl.stages.drawing.subject import Subject
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run


class Film(NamedTuple):
    """Frames (T, H, W, 3) uint8, and how many of them are a second of what they show."""

    frames: np.ndarray
    fps: float


Drawing = Callable[[Run, Sequence[Subject], RenderOptions, bool], np.ndarray | Film | Page]

DRAWINGS: Registry[Drawing] = Registry("drawing", "posectl.stages.drawing", decorator="drawing")
drawing = DRAWINGS.register


def drawing_of(kind: Kind) -> Drawing:
    """Return the drawing of a kind. Raises InvalidInputError where none is registered."""
    if kind.name not in DRAWINGS.names():
        raise InvalidInputError(f"Nothing draws {kind.name}.", f"Known: {', '.join(DRAWINGS.names())}.")
    return DRAWINGS.get(kind.name)
