"""Resampling: frames are picked where the rate divides the file's, else rotations are slerped before kinematics.

Interpolating rotations keeps every bone at its length, unlike interpolating positions.
"""

from __future__ import annotations

import numpy as np

from posectl.data.mocap.kinematics import Motion, Recording
from posectl.data.rotations import slerp

# Rates are written with few digits; closer than that to a whole number, a ratio or a place is one.
_WHOLE = 1e-6


def frame_positions(frames: int, fps: float, wanted: float | None) -> np.ndarray:
    """Return the places at rate `wanted` in a clip of `frames` at `fps`: (T,) float64 frame numbers from 0."""
    step = _snap(np.float64(fps / (wanted or fps)))
    # The last place is the last that is still in the clip.
    return _snap(np.arange(int((frames - 1) / step + _WHOLE) + 1) * step)


def motion_at(recording: Recording, places: np.ndarray) -> Motion:
    """Return the motion at frame numbers (T,): exactly the file's at whole ones, else between two frames."""
    before = np.floor(places).astype(np.int64)
    t = places - before
    if not t.any():
        return recording.local(before)
    after = np.minimum(before + 1, recording.frames - 1)
    first, second = recording.local(before), recording.local(after)
    return Motion(
        slerp(first.rotations, second.rotations, t[:, None]),
        {node: move + t[:, None] * (second.positions[node] - move) for node, move in first.positions.items()},
    )


def _snap(values: np.ndarray | np.float64) -> np.ndarray:
    whole = np.rint(values)
    return np.where(np.abs(values - whole) < _WHOLE, whole, values)
