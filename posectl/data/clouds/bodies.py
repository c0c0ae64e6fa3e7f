"""Bodies of the mannequin as surfaces: a limb is a capsule that tapers from joint to joint, the head a ball.

A body stands with its pelvis at the origin, facing +y, z up, at 0.4 to the metre, so that the tallest with raised arms
lies within a ball of diameter one or nearly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posectl.data.mannequin.body import body_of
from posectl.data.mannequin.limits import clip_to_limits
from posectl.data.mannequin.motions import Motion
from posectl.data.mannequin.performance import Performance, random_style, unwrapped_phase
from posectl.data.mannequin.rig import joints
from posectl.data.skeleton import H36M17

SCALE = 0.4
STATURE, GIRTH = (1.52, 1.92), (0.8, 1.3)
"""Ranges of the factors: metres, and the thickness of limbs against the usual."""

# Radii of a limb at its parent's end and at its child's, in statures, by the child.
_RADII = {
    "RHip": (0.060, 0.050), "RKnee": (0.050, 0.032), "RFoot": (0.032, 0.022),
    "Spine": (0.068, 0.070), "Thorax": (0.070, 0.060), "Neck/Nose": (0.032, 0.032), "Head": (0.055, 0.055),
    "RShoulder": (0.055, 0.034), "RElbow": (0.034, 0.026), "RWrist": (0.026, 0.018),
}  # fmt: skip
_SIDES, _RINGS = 16, 5
# The head's ball is in the middle of the bone from the nose to the top of the head.
_SHORTENED = {"Head": 0.3}


def random_pose(motion: Motion, stature: float, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Draw a moment of a motion as a person of this stature does it: joints (17, 3) in metres, pelvis at the origin,
    and the phase in [0, 1)."""
    style, time = replace(random_style(rng), left_handed=False), np.arange(2) / 30
    cycles = unwrapped_phase(rng, time, motion.period, style.pace)
    performance = Performance(body_of(stature), style, rng, time, cycles)
    pose = joints(body_of(stature), clip_to_limits(motion.track(performance)))[0]
    return pose - pose[0], float(performance.phase[0])


def surface(pose: np.ndarray, stature: float, girth: float) -> np.ndarray:
    """Return the triangles (F, 3, 3) of a body's limbs, of joints (17, 3) in metres."""
    limbs = []
    for parent, child in H36M17.bones:
        name = (
            H36M17.joints[child].replace("L", "R", 1) if H36M17.joints[child].startswith("L") else H36M17.joints[child]
        )
        start, end = pose[parent], pose[child]
        inset = _SHORTENED.get(name, 0.0) * (end - start)
        first, last = (girth * stature * radius for radius in _RADII[name])
        limbs.append(_capsule(start + inset, end - inset, first, last))
    return SCALE * np.concatenate(limbs)


def _capsule(start: np.ndarray, end: np.ndarray, first: float, last: float) -> np.ndarray:
    """Return the triangles (F, 3, 3) of a limb with round ends of these radii."""
    length = np.linalg.norm(end - start)
    axis = (end - start) / length
    across = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    across /= np.linalg.norm(across)
    bend = np.linspace(0, np.pi / 2, _RINGS)
    along = np.concatenate([-first * np.cos(bend), length + last * np.sin(bend)])
    radius = np.concatenate([first * np.sin(bend), last * np.cos(bend)])
    angle = np.linspace(0, 2 * np.pi, _SIDES + 1)[:-1, None]
    rim = np.cos(angle) * across + np.sin(angle) * np.cross(axis, across)
    rings = start + along[:, None, None] * axis + radius[:, None, None] * rim
    a, b = rings[:-1], rings[1:]
    c, d = np.roll(a, -1, axis=1), np.roll(b, -1, axis=1)
    return np.concatenate([np.stack(corners, axis=-2).reshape(-1, 3, 3) for corners in ((a, b, d), (a, d, c))])
