"""BVH files of skeletons in motion: what posectl.data.mocap.bvh reads, in metres, y up."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np

from posectl.data.mocap.kinematics import Recording
from posectl.data.rotations import to_zxy

_TURNS = "Zrotation Xrotation Yrotation"


def bvh_of(recording: Recording) -> str:
    """Return a recording as BVH text, of which only the root moves.

    A node `NAME.end` becomes the End Site of NAME. Angles go on beyond a half turn rather than jump, so that frames in
    between, which players of another rate make, are in between.
    """
    assert recording.fps
    motion = recording.local(np.arange(recording.frames))
    turning = [index for index, name in enumerate(recording.names) if not name.endswith(".end")]
    angles = np.rad2deg(_steady(to_zxy(motion.rotations[:, turning]))).reshape(recording.frames, -1)
    table = np.concatenate([motion.positions[0], angles], axis=1)
    lines = ["HIERARCHY", *_nodes(recording, 0, ""), "MOTION", f"Frames: {recording.frames}"]
    lines.append(f"Frame Time: {1 / recording.fps:.10f}")
    # Adding zero makes zeros of negative ones.
    rows = (" ".join(f"{value:.6f}" for value in row) for row in np.round(table, 6) + 0.0)
    return "\n".join(chain(lines, rows)) + "\n"


def _nodes(recording: Recording, index: int, indent: str) -> list[str]:
    name = recording.names[index]
    is_end = name.endswith(".end")
    offset = " ".join(f"{value:.6f}" for value in recording.offsets[index] + 0.0)
    lines = ["End Site" if is_end else f"JOINT {name}" if indent else f"ROOT {name}", "{", f"\tOFFSET {offset}"]
    if not is_end:
        lines.append(f"\tCHANNELS 3 {_TURNS}" if indent else f"\tCHANNELS 6 Xposition Yposition Zposition {_TURNS}")
    lines = [indent + line for line in lines]
    for child in np.flatnonzero(recording.parents == index):
        lines += _nodes(recording, int(child), indent + "\t")
    return [*lines, indent + "}"]


def _steady(angles: np.ndarray) -> np.ndarray:
    """Return angles (T, J, 3) of the same turns, each frame's as near as may be to those of the frame before."""
    steady = angles.copy()
    for before, now in pairwise(steady):
        other = np.stack([now[:, 0] + np.pi, np.pi - now[:, 1], now[:, 2] + np.pi], axis=-1)
        both = np.stack([now, other])
        both -= 2 * np.pi * np.rint((both - before) / (2 * np.pi))
        nearest = np.abs(both - before).sum(axis=-1).argmin(axis=0)
        now[:] = np.where(nearest[:, None] == 0, *both)
    return steady
