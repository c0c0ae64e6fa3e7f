"""The H36M-17 joints of a recording: forward kinematics, then the joint map."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from posectl.data.mocap.jointmap import BY_RULE, Point, Shift
from posectl.data.mocap.kinematics import Motion, Recording, forward
from posectl.data.mocap.naming import Fit
from posectl.data.mocap.resample import motion_at
from posectl.data.mocap.world import nearest_axis, trunk_axis, unit_vector
from posectl.data.poses import thigh_length
from posectl.data.skeleton import H36M17

# Frames whose matrices are in memory at once; they are many times larger than the text they come from.
BLOCK = 512

HIP, THORAX = H36M17.joints.index("Hip"), H36M17.joints.index("Thorax")
_THIGHS = [(H36M17.joints.index(f"{side}Hip"), H36M17.joints.index(f"{side}Knee")) for side in "RL"]


class Body:
    """A recording as its map's joints, in the file's unit and axes."""

    def __init__(self, recording: Recording, fit: Fit) -> None:
        self._recording = recording
        self._fit = fit

    def joints(self, places: np.ndarray, metres: float) -> np.ndarray:
        """Return joints (T, 17, 3) at frame numbers (T,), also fractions; `metres` is the length of the file's unit."""
        blocks = [places[i : i + BLOCK] for i in range(0, len(places), BLOCK)]
        return np.concatenate([self._place(motion_at(self._recording, block), metres) for block in blocks])

    def thigh(self, places: np.ndarray) -> float:
        """Return the median length of the thighs, in the file's unit; NaN where the map gives them in metres."""
        return thigh_length(self.joints(places[:: max(1, len(places) // 64)], math.nan))

    def rest_axis(self, metres: float) -> str | None:
        """Return the axis of the trunk when no node is turned; None where that is no standing body."""
        rest = self._place(self._recording.rest(), metres)
        trunk = rest[0, THORAX] - rest[0, HIP]
        thighs = np.stack([rest[0, knee] - rest[0, hip] for hip, knee in _THIGHS])
        return trunk_axis(rest) if (thighs @ trunk < 0).all() else None

    def _place(self, motion: Motion, metres: float) -> np.ndarray:
        positions, orientations = forward(self._recording, motion)

        def node(name: str) -> np.ndarray:
            return positions[:, self._fit.nodes[name]]

        joints = {}
        for joint, point in zip(H36M17.joints, self._fit.points, strict=True):
            if point is not None:
                joints[joint] = place(point, node, metres)
                if point.shift is not None:
                    joints[joint] = joints[joint] + self._vector(point.shift, node, orientations, metres)
        for joint, (rule, _) in BY_RULE.items():
            if joint not in joints:
                joints[joint] = place(rule, joints.__getitem__, metres)
        return np.stack([joints[joint] for joint in H36M17.joints], axis=1)

    def _vector(
        self, shift: Shift, of: Callable[[str], np.ndarray], orientations: np.ndarray, metres: float
    ) -> np.ndarray:
        if len(shift.nodes) > 1:
            first, *others = map(of, shift.nodes)
            ways = [other - first for other in others]
            way = ways[0] if len(ways) == 1 else np.cross(*ways)
            return (shift.length or 0) / metres * _unit(way)
        node = self._fit.nodes[shift.nodes[0]]
        own = self._recording.offsets[node]
        length = float(np.linalg.norm(own)) if shift.length is None else shift.length / metres
        axis = nearest_axis(own) if shift.axis is None else shift.axis
        return length * orientations[:, node] @ unit_vector(axis)


def place(point: Point, of: Callable[[str], np.ndarray], metres: float) -> np.ndarray:
    """Return the place (T, 3) of a point without its shift, from the places (T, 3) of what it names."""
    where = sum(weight * of(name) for name, weight in point.weights)
    if point.beyond is not None:
        start, end, length = point.beyond
        where = where + length / metres * _unit(of(end) - of(start))
    return np.asarray(where)


def _unit(vectors: np.ndarray) -> np.ndarray:
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norm > 0, norm, 1)
