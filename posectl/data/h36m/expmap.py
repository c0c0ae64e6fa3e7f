"""The exponential-map txt of h3.6m.zip: h3.6m/dataset/S1/walking_1.txt, 99 columns, one row a frame at 50 Hz.

Three columns move the root and 32 times three are exponential maps of the joints, the root's first. Forward kinematics
has row vectors: R_j = exp(w_j) R_parent, and joint j is at offset_j R_parent from its parent. Axes are x left, y up,
z forward; offsets are in millimetres. The root's six columns are its motion since the row before, in its own axes: the
file does not say how the pelvis was tilted at first. Tables and `revert_coordinate_space`:
una-dinosauria/human-motion-prediction, src/forward_kinematics.py and data_utils.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.data.h36m.layouts import LayoutFile
from posectl.data.h36m.names import action_and_take, subject_name
from posectl.data.h36m.takes import Request, Take
from posectl.data.rotations import from_expmap
from posectl.errors import InvalidInputError

PARENTS = (
    -1, 0, 1, 2, 3, 4, 0, 6, 7, 8, 9, 0, 11, 12, 13, 14, 12, 16, 17, 18, 19, 20, 19, 22, 12, 24, 25, 26, 27, 28, 27, 30,
)  # fmt: skip
OFFSETS = np.array([
    (0, 0, 0),
    (-132.948591, 0, 0), (0, -442.894612, 0), (0, -454.206447, 0), (0, 0, 162.767078), (0, 0, 74.999437),
    (132.948826, 0, 0), (0, -442.894413, 0), (0, -454.20659, 0), (0, 0, 162.767426), (0, 0, 74.999948),
    (0, 0.1, 0), (0, 233.383263, 0), (0, 257.077681, 0), (0, 121.134938, 0), (0, 115.002227, 0),
    (0, 257.077681, 0), (0, 151.034226, 0), (0, 278.882773, 0), (0, 251.733451, 0), (0, 0, 0), (0, 0, 99.999627),
    (0, 100.000188, 0), (0, 0, 0),
    (0, 257.077681, 0), (0, 151.031437, 0), (0, 278.892924, 0), (0, 251.72868, 0), (0, 0, 0), (0, 0, 99.999888),
    (0, 137.499922, 0), (0, 0, 0),
])  # fmt: skip

# Times its bytes that a text of short numbers takes: as numbers, as matrices, as joints.
_EXPANSION = 48
_LARGEST_ANGLE = 100.0  # radians; exponential maps stay below 2 pi
# A root that turns by more than this from row to row would spin at 5 rad/s throughout: then the columns are the
# root's pose, not its motion since the row before.
_FASTEST_TURN = 0.1


def read(files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes of `files` that `request` wants, world axes, z up; raises InvalidInputError."""
    for file in files:
        subject, (action, take) = _subject(file.path), action_and_take(file.path.stem)
        if request.wants(subject, action, take):
            rows = _load(file.path)
            orientation, position, is_motion = root_track(rows[:, :6])
            if not is_motion:
                request.warn(f"{file.label} turns too fast for motion from row to row: its root is read as it is.")
            joints = forward_kinematics(orientation, rows[:, 6:].reshape(-1, 31, 3)) + position[:, None]
            x, y, z = np.moveaxis(joints, -1, 0)
            yield Take(subject, action, take, np.stack([x, -z, y], axis=-1), np.arange(len(rows)), file.label)


def _subject(path: Path) -> str:
    name = path.resolve().parent.name
    if not re.fullmatch(r"S\d\d?", name):
        hint = "Keep the folders of h3.6m.zip: dataset/S1/walking_1.txt."
        raise InvalidInputError(f"{path} lies in no subject's folder, so whose it isis unknown.", hint)
    return subject_name(name)


def _load(path: Path) -> np.ndarray:
    """Read the rows (T, 99) of one file."""
    hint = "Each line should have 99 numbers with commas between."
    size = path.stat().st_size
    budget.check(str(path), _EXPANSION * size, size)
    try:
        rows = np.loadtxt(path, delimiter=",", ndmin=2, encoding="ascii")
    except (ValueError, OSError) as error:
        row = re.search(r"row (\d+)", str(error))
        where = f"row {row[1]}" if row else "a row"
        raise InvalidInputError(f"{path}: {where} is cut short or holds what is no number.", hint) from None
    if _last_number_is_cut(path):
        raise InvalidInputError(f"{path} is cut short in its last number.", "Unpack h3.6m.zip again.")
    if rows.shape[1:] != (99,) or not len(rows):
        raise InvalidInputError(f"{path} has rows of {rows.shape[-1]} numbers, where exponential maps have 99.", hint)
    if not np.isfinite(rows).all() or np.abs(rows[:, 3:]).max() > _LARGEST_ANGLE:
        raise InvalidInputError(f"{path} holds numbers that are no angles in radians.", hint)
    return rows


def _last_number_is_cut(path: Path) -> bool:
    """Tell whether the file ends without a newline, in a number of fewer decimals than its first."""
    text = path.read_bytes()
    first, last = text.partition(b",")[0], text.rpartition(b",")[2]
    return not text.endswith(b"\n") and len(last.partition(b".")[2]) < len(first.partition(b".")[2])


def root_track(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return orientations (T, 3, 3) for row vectors, positions (T, 3), and whether columns (T, 6) were relative
    motion."""
    turns, steps = from_expmap(columns[:, 3:]), columns[:, :3]
    if np.median(np.linalg.norm(columns[:, 3:], axis=-1)) > _FASTEST_TURN:
        return turns, steps, False
    orientation, position = np.empty_like(turns), np.empty_like(steps)
    R, p = np.eye(3), np.zeros(3)
    for row in range(len(turns)):
        p = p + steps[row] @ R
        R = turns[row] @ R
        orientation[row], position[row] = R, p
    return orientation, position, True


def forward_kinematics(root: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Return joints (T, 32, 3), millimetres from the root, of orientations (T, 3, 3) and joints' maps (T, 31, 3)."""
    local = from_expmap(maps)
    turned, joints = [root], [np.zeros((len(root), 3))]
    for joint in range(1, len(PARENTS)):
        parent = PARENTS[joint]
        turned.append(local[:, joint - 1] @ turned[parent])
        joints.append(joints[parent] + OFFSETS[joint] @ turned[parent])
    return np.stack(joints, axis=1)
