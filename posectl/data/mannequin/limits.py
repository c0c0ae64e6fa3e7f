"""The limits of joint angles, in degrees: the averages of the American Academy of Orthopaedic Surgeons.

"Joint Motion: Method of Measuring and Recording", AAOS, Chicago 1965.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posectl.data.mannequin.rig import Track

# Track's fields, each with the bounds of its angles in the order they have there.
LIMITS: dict[str, tuple[tuple[float, float], ...]] = {
    "hip": ((-30, 120), (-30, 45)),
    "knee": ((0, 135),),
    "trunk": ((-25, 80), (-35, 35), (-45, 45)),
    "head": ((-45, 45), (-45, 45), (-60, 60)),
    "shoulder": ((-60, 180), (-45, 180), (-70, 90)),
    "elbow": ((0, 150),),
}


def clip_to_limits(track: Track) -> Track:
    """Clip every angle of a track to its limits."""
    return replace(track, **{name: _clipped(getattr(track, name), bounds) for name, bounds in LIMITS.items()})


def _clipped(angles: np.ndarray, bounds: tuple[tuple[float, float], ...]) -> np.ndarray:
    low, high = np.array(bounds if len(bounds) > 1 else bounds[0]).T
    return np.clip(angles, low, high)
