"""Forward kinematics: the place of each node from the local rotations of a tree of nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Motion:
    """The local state of J nodes in T frames.

    rotations: (T, J, 3, 3), each relative to the node's parent.
    positions: node -> (T, 3), where a node's place in its parent's frame changes; elsewhere it is the node's offset.
    """

    rotations: np.ndarray
    positions: dict[int, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rotations)


@dataclass(frozen=True)
class Recording:
    """A motion file, parsed: a tree of nodes, and their motion by request.

    names: of the J nodes, parents first; `NAME.end` is the far end of NAME (a BVH End Site, an ASF bone's tip).
    parents: (J,) int, -1 for the root. offsets: (J, 3), from the parent in the parent's frame, in the file's unit.
    frames: how many there are. fps: their rate, None where the file does not say. warnings: of what was doubtful.
    local: (rows,) frame numbers -> their Motion. By request, for matrices are many times the text they come from.
    seen: (frames, J) bool, where nodes are known; None: everywhere. unit: what the file says, None where it does not.
    part: what tells the recording from others of one file.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    offsets: np.ndarray
    frames: int
    fps: float | None
    local: Callable[[np.ndarray], Motion]
    warnings: tuple[str, ...] = ()
    seen: np.ndarray | None = None
    unit: str | None = None
    part: str = ""

    def rest(self) -> Motion:
        """Return one frame in which no node is turned."""
        return Motion(np.broadcast_to(np.eye(3), (1, len(self.names), 3, 3)))


def forward(recording: Recording, motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """Return world positions (T, J, 3) in the file's unit and axes, and orientations (T, J, 3, 3), of every node.

    A child stands at parent + R_parent offset, and is turned by R_parent R_child.
    """
    frames, nodes = motion.rotations.shape[:2]
    positions = np.empty((nodes, frames, 3))
    orientations = np.empty((nodes, frames, 3, 3))
    for node, parent in enumerate(recording.parents):
        moving = motion.positions.get(node)
        if parent < 0:
            positions[node] = recording.offsets[node] if moving is None else moving
            orientations[node] = motion.rotations[:, node]
            continue
        frame = orientations[parent]
        step = frame @ recording.offsets[node] if moving is None else (frame @ moving[..., None])[..., 0]
        positions[node] = positions[parent] + step
        if recording.names[node].endswith(".end"):
            orientations[node] = frame
        else:
            np.matmul(frame, motion.rotations[:, node], out=orientations[node])
    return positions.swapaxes(0, 1), orientations.swapaxes(0, 1)
