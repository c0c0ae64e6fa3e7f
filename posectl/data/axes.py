"""Rotations between verticals, no swap of two axes, which would mirror bodies."""

from __future__ import annotations

import numpy as np

# The new x, y and z, each as (sign, old axis), where the named axis becomes +z.
_TO_Z_UP = {
    "+x": ((-1, 2), (1, 1), (1, 0)),
    "-x": ((1, 2), (1, 1), (-1, 0)),
    "+y": ((1, 0), (-1, 2), (1, 1)),
    "-y": ((1, 0), (1, 2), (-1, 1)),
    "+z": ((1, 0), (1, 1), (1, 2)),
    "-z": ((1, 0), (-1, 1), (-1, 2)),
}


def turned(points: np.ndarray, up: str, to: str = "+z") -> np.ndarray:
    """Turn points (..., 3) so that the axis `up` becomes the axis `to`; their numbers stay as they are but for sign."""
    upright = np.stack([sign * points[..., axis] for sign, axis in _TO_Z_UP[up]], axis=-1)
    back = np.empty_like(upright)
    for place, (sign, axis) in enumerate(_TO_Z_UP[to]):
        back[..., axis] = sign * upright[..., place]
    return back
