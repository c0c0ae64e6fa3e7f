"""Recordings of points without rotations, such as markers or a depth camera's joints, and their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from posectl.data.mocap.kinematics import Motion, Recording

# Longer gaps, in seconds, are not bridged.
_GAP = 0.1


def recording_of_points(
    names: Sequence[str], positions: np.ndarray, fps: float | None, *, unit: str | None, part: str = ""
) -> Recording:
    """Make a recording of points (T, J, 3), NaN where one is out of sight; every one is a root of its own.

    Gaps of up to 0.1 s are filled in straight lines. unit, part: see `Recording`.
    """
    positions = positions.astype(np.float64)
    positions[~np.isfinite(positions).all(axis=-1)] = np.nan
    filled = _without_short_gaps(positions, int(_GAP * (fps or 0)))
    bridged = int((np.isnan(positions) & ~np.isnan(filled)).any(axis=(1, 2)).sum())
    turned = np.broadcast_to(np.eye(3), (1, len(names), 3, 3))

    def local(rows: np.ndarray) -> Motion:
        places = {node: filled[rows, node] for node in range(len(names))}
        return Motion(np.broadcast_to(turned, (len(rows), *turned.shape[1:])), places)

    return Recording(
        names=tuple(names),
        parents=np.full(len(names), -1),
        offsets=np.zeros((len(names), 3)),
        frames=len(positions),
        fps=fps,
        local=local,
        seen=~np.isnan(filled).any(axis=-1),
        unit=unit,
        part=part,
        warnings=(f"in {bridged} frames, points out of sight for at most {_GAP} s are filled in.",) if bridged else (),
    )


def _without_short_gaps(positions: np.ndarray, longest: int) -> np.ndarray:
    """Fill gaps of at most `longest` frames between two sights of a point (T, J, 3) in straight lines."""
    filled = positions.copy()
    for point in range(positions.shape[1]):
        there = np.flatnonzero(~np.isnan(positions[:, point, 0]))
        for before, after in pairwise(there):
            if 1 < after - before <= longest + 1:
                t = np.arange(1, after - before)[:, None] / (after - before)
                ends = positions[before, point], positions[after, point]
                filled[before + 1 : after, point] = (1 - t) * ends[0] + t * ends[1]
    return filled


def runs(seen: np.ndarray) -> list[tuple[int, int]]:
    """Return (first frame, number of frames) of every run of frames that are True in seen (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    return [(int(first), int(end - first)) for first, end in edges.reshape(-1, 2)]
