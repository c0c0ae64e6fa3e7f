"""The artificial T pose that some conversions put before the motion, found by what it looks like."""

from __future__ import annotations

import itertools
import math

import numpy as np

from posectl.data.mocap.body import Body
from posectl.data.mocap.kinematics import Recording
from posectl.data.skeleton import H36M17

# Directions of a T pose are apart by less than that: cos 25 deg.
_ALIGNED = math.cos(math.radians(25))
# The largest entry of a rotation less the identity: sin 2 deg.
_UNTURNED = 0.035
_LIMBS = {"arms": ("Shoulder", "Elbow", "Wrist"), "legs": ("Hip", "Knee", "Foot")}


def leading_t_pose(recording: Recording, body: Body) -> int:
    """Count the frames of the T pose at the start: frame 0 if it is one, and those after it with the same rotations."""
    if not recording.frames or not _is_t_pose(recording, body):
        return 0
    few = 64
    for start in range(0, recording.frames, few):
        rows = np.arange(start, min(start + few, recording.frames))
        rotations = recording.local(np.concatenate([[0], rows])).rotations
        other = np.flatnonzero((rotations[1:] != rotations[0]).any(axis=(1, 2, 3)))
        if other.size:
            return start + int(other[0])
    # A clip that never moves is no pose before a motion, but a single frame may be all that is left of one.
    return 1 if recording.frames == 1 else 0


def _is_t_pose(recording: Recording, body: Body) -> bool:
    """Tell whether in frame 0 no node but the root is turned, or arms go straight out and legs straight down."""
    below_root = recording.local(np.array([0])).rotations[0, 1:]
    if np.abs(below_root - np.eye(3)).max(initial=0) < _UNTURNED:
        return True
    place = dict(zip(H36M17.joints, body.joints(np.zeros(1), math.nan)[0], strict=True))
    ways = {"down": place["Hip"] - place["Thorax"], "R": place["RHip"] - place["LHip"]}
    ways["L"] = -ways["R"]
    return all(
        _cosine(place[side + end] - place[side + start], ways[side if limb == "arms" else "down"]) > _ALIGNED
        for limb, joints in _LIMBS.items()
        for start, end in itertools.pairwise(joints)
        for side in "LR"
    )


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))
