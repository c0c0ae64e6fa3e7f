"""The CMU exponential-map files: 117 comma-separated columns a frame, the root's place and 38 nodes' exponential maps.

They were made from the cgspeed BVH files and hold no bone lengths, so that one template skeleton serves all. A node's
map is that of its transposed local matrix (Rz Ry Rx)^T; the root alone was composed as (Rz Rx Ry)^T from its Z, Y and X
angles, by mistake, which is corrected here. Source: C. Li et al., "Convolutional sequence to sequence model for human
dynamics", CVPR 2018, and its code's data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posectl.data.mocap.kinematics import Motion, Recording
from posectl.data.mocap.text import parse_table, read_text
from posectl.data.rotations import X, Y, Z, from_euler, from_expmap, to_zxy
from posectl.errors import InvalidInputError

COLUMNS = 117
_H36M_COLUMNS = 99
FPS = 120.0

# Node, its parent, its offset in CMU units (1/0.45 inch): the skeleton in that code's forward kinematics, before its
# factor of 70. Nodes without a rotation of their own have zeros in the file.
_TEMPLATE = (
    ("Hips", "", 0, 0, 0),
    ("LHipJoint", "Hips", 0, 0, 0),
    ("LeftUpLeg", "LHipJoint", 1.65674, -1.80282, 0.62477),
    ("LeftLeg", "LeftUpLeg", 2.59720, -7.13576, 0),
    ("LeftFoot", "LeftLeg", 2.49236, -6.84770, 0),
    ("LeftToeBase", "LeftFoot", 0.19704, -0.54136, 2.14581),
    ("LeftToeBase.end", "LeftToeBase", 0, 0, 1.11249),
    ("RHipJoint", "Hips", 0, 0, 0),
    ("RightUpLeg", "RHipJoint", -1.61070, -1.80282, 0.62476),
    ("RightLeg", "RightUpLeg", -2.59502, -7.12977, 0),
    ("RightFoot", "RightLeg", -2.46780, -6.78024, 0),
    ("RightToeBase", "RightFoot", -0.23024, -0.63258, 2.13368),
    ("RightToeBase.end", "RightToeBase", 0, 0, 1.11569),
    ("LowerBack", "Hips", 0, 0, 0),
    ("Spine", "LowerBack", 0.01961, 2.05450, -0.14112),
    ("Spine1", "Spine", 0.01021, 2.06436, -0.05921),
    ("Neck", "Spine1", 0, 0, 0),
    ("Neck1", "Neck", 0.00713, 1.56711, 0.14968),
    ("Head", "Neck1", 0.03429, 1.56041, -0.10006),
    ("Head.end", "Head", 0.01305, 1.62560, -0.05265),
    ("LeftShoulder", "Spine1", 0, 0, 0),
    ("LeftArm", "LeftShoulder", 3.54205, 0.90436, -0.17364),
    ("LeftForeArm", "LeftArm", 4.86513, 0, 0),
    ("LeftHand", "LeftForeArm", 3.35554, 0, 0),
    ("LeftFingerBase", "LeftHand", 0, 0, 0),
    ("LFingers", "LeftFingerBase", 0.66117, 0, 0),
    ("LFingers.end", "LFingers", 0.53306, 0, 0),
    ("LThumb", "LeftHand", 0, 0, 0),
    ("LThumb.end", "LThumb", 0.54120, 0, 0.54120),
    ("RightShoulder", "Spine1", 0, 0, 0),
    ("RightArm", "RightShoulder", -3.49802, 0.75994, -0.32616),
    ("RightForeArm", "RightArm", -5.02649, 0, 0),
    ("RightHand", "RightForeArm", -3.36431, 0, 0),
    ("RightFingerBase", "RightHand", 0, 0, 0),
    ("RFingers", "RightFingerBase", -0.73041, 0, 0),
    ("RFingers.end", "RFingers", -0.58887, 0, 0),
    ("RThumb", "RightHand", 0, 0, 0),
    ("RThumb.end", "RThumb", -0.59786, 0, 0.59786),
)


def read_expmap(path: Path) -> Recording:
    """Parse one exponential-map file; raises InvalidInputError or NotFoundError."""
    text = read_text(path).replace(",", " ")
    columns = len(text.partition("\n")[0].split())
    if columns == _H36M_COLUMNS:
        raise InvalidInputError(
            f"{path} has {_H36M_COLUMNS} columns, as Human3.6M's exponential maps have, where CMU's have {COLUMNS}.",
            "Read it with `posectl prepare h36m`.",
        )
    if columns != COLUMNS:
        raise InvalidInputError(
            f"{path}, line 1: {columns} columns, where {COLUMNS} are expected, those of CMU's exponential maps.",
            "The mocap source reads no other .txt; save poses (N, 17, 3) with np.save for `posectl prepare arrays`.",
        )
    table = parse_table(text, COLUMNS, path, first=1)
    maps = table[:, 3:].reshape(len(table), len(_TEMPLATE), 3)
    root = correct_root(from_expmap(maps[:, 0]).swapaxes(-1, -2))
    names = tuple(row[0] for row in _TEMPLATE)
    parents = np.array([names.index(row[1]) if row[1] else -1 for row in _TEMPLATE])
    offsets = np.array([row[2:] for row in _TEMPLATE], dtype=float)

    def local(rows: np.ndarray) -> Motion:
        rotations = from_expmap(maps[rows]).swapaxes(-1, -2)
        rotations[:, 0] = root[rows]
        return Motion(rotations, {0: table[rows, :3]})

    return Recording(names, parents, offsets, len(table), FPS, local)


def correct_root(composed: np.ndarray) -> np.ndarray:
    """Return the rotations Rz(a) Ry(b) Rx(c) of consecutive frames (T, 3, 3) that were composed as Rz(a) Rx(c) Ry(b).

    Each matrix has two sets of angles, (a, b, c) and (a + pi, b + pi, pi - c), which give different rotations: the one
    nearest to the frame before is taken, and at the start the one nearest to zero, the artificial T pose.
    """
    first = to_zxy(composed)
    second = first * [1, -1, 1] + np.pi
    # The choice changes where crossing over is nearer than staying; from either of the two it is the same test.
    crosses = _turn(second[1:], first[:-1]) < _turn(first[1:], first[:-1])
    starts = _turn(second[:1], 0.0) < _turn(first[:1], 0.0)
    on_second = np.cumsum(np.concatenate([starts, crosses])) % 2 == 1
    angles = np.where(on_second[:, None], second, first)
    return from_euler(angles[:, [0, 2, 1]], (Z, Y, X))


def _turn(angles: np.ndarray, others: np.ndarray | float) -> np.ndarray:
    """Return the distance between sets of angles (T, 3), up to whole turns."""
    return np.abs((angles - others + np.pi) % (2 * np.pi) - np.pi).sum(axis=-1)
