"""Rotations of 3-space: Euler angles, exponential maps and quaternions to matrices and back.

Matrices act on column vectors, angles are radians, quaternions are (w, x, y, z). Each function takes any leading shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

X, Y, Z = 0, 1, 2


def from_euler(angles: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """The product R_axes[0](angles[..., 0]) @ R_axes[1](angles[..., 1]) @ ..., of any number of factors.

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
    """Angles (..., 3) with R = Rz(a) Rx(c) Ry(b), in the order (a, c, b) and |c| <= pi/2; matrices (..., 3, 3).

    (a + pi, pi - c, b + pi) is the other solution.
    """
    c = np.arcsin(np.clip(matrices[..., 2, 1], -1, 1))
    a = np.arctan2(-matrices[..., 0, 1], matrices[..., 1, 1])
    b = np.arctan2(-matrices[..., 2, 0], matrices[..., 2, 2])
    return np.stack([a, c, b], axis=-1)


def from_expmap(vectors: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) of exponential maps (..., 3): axis times angle (Rodrigues' formula)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    # sinc keeps both factors exact at the angle zero: np.sinc(t) is sin(pi t) / (pi t).
    once = np.sinc(angle / np.pi)
    twice = np.sinc(angle / (2 * np.pi)) ** 2 / 2
    return np.eye(3) + once * cross + twice * (cross @ cross)


def to_quaternion(matrices: np.ndarray) -> np.ndarray:
    """Unit quaternions (..., 4) of rotation matrices (..., 3, 3), w >= 0.

    Source: S. W. Shepperd, "Quaternion from rotation matrix", 1978: of four formulas, the one with the largest divisor.
    """
    m = matrices
    trace = m[..., 0, 0] + m[..., 1, 1] + m[..., 2, 2]
    # Four times the outer product q q^T; the row with the largest diagonal is parallel to q and farthest from zero.
    outer = np.empty((*m.shape[:-2], 4, 4))
    outer[..., 0, 0] = 1 + trace
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        outer[..., i + 1, i + 1] = 1 + 2 * m[..., i, i] - trace
        outer[..., 0, i + 1] = outer[..., i + 1, 0] = m[..., k, j] - m[..., j, k]
        outer[..., i + 1, j + 1] = outer[..., j + 1, i + 1] = m[..., i, j] + m[..., j, i]
    largest = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    row = np.take_along_axis(outer, largest[..., None, None], axis=-2)[..., 0, :]
    return row / np.linalg.norm(row, axis=-1, keepdims=True) * np.where(row[..., :1] < 0, -1, 1)


def from_quaternion(quaternions: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = np.moveaxis(quaternions, -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def slerp(start: np.ndarray, end: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Rotations (..., 3, 3) a fraction t (broadcast over ...) of the shortest way from `start` to `end`.

    Source: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985.
    """
    p, q = to_quaternion(start), to_quaternion(end)
    cos = np.sum(p * q, axis=-1)
    q = np.where(cos[..., None] < 0, -q, q)
    angle = np.arccos(np.clip(np.abs(cos), 0, 1))
    t, angle = np.broadcast_arrays(t, angle)
    # sin((1-t) a) / sin a and sin(t a) / sin a, exact at a = 0 too; a <= pi/2, so the divisor never vanishes.
    whole = np.sinc(angle / np.pi)
    from_p = (1 - t) * np.sinc((1 - t) * angle / np.pi) / whole
    from_q = t * np.sinc(t * angle / np.pi) / whole
    return from_quaternion(from_p[..., None] * p + from_q[..., None] * q)
