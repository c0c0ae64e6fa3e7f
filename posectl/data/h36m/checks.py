"""A check of poses against anatomy: whether left and right are exchanged."""

from __future__ import annotations

import numpy as np

_AXES = {"x": 0, "y": 1, "z": 2}
_R_HIP, _R_KNEE, _R_FOOT, _L_HIP, _L_KNEE, _L_FOOT = 1, 2, 3, 4, 5, 6
_MIRRORED = -0.3


def forward(poses: np.ndarray) -> np.ndarray:
    """Return the direction (N, 3) of the knees of poses (N, 17, 3): from the line between hip and ankle to the knee.

    Long where the knees are bent, near zero where the legs are straight, in the poses' unit. Takes no account of left
    and right.
    """
    knees = poses[:, [_R_KNEE, _L_KNEE]]
    hips, feet = poses[:, [_R_HIP, _L_HIP]], poses[:, [_R_FOOT, _L_FOOT]]
    return (knees - (hips + feet) / 2).sum(axis=1)


def seems_mirrored(poses: np.ndarray, up: str) -> bool:
    """Tell whether the left hip of poses (N, 17, 3) is on the right of the knees' direction. `up` is "+x" to "-z".

    The criterion is the cosine between the hips' line and the left that up and forward make, weighted by how much the
    knees are bent: near 1 for people and near -1 for their mirror images.
    """
    vertical = np.zeros(3, poses.dtype)
    vertical[_AXES[up[1]]] = 1 if up[0] == "+" else -1
    to_left = np.cross(vertical, forward(poses))
    hips = poses[:, _L_HIP] - poses[:, _R_HIP]
    weight = np.linalg.norm(to_left, axis=-1) * np.linalg.norm(hips, axis=-1)
    return bool((to_left * hips).sum() < _MIRRORED * weight.sum())
