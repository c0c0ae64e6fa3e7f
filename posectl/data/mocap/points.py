"""Recordings of points without rotations, such as markers or a depth camera's joints, and their gaps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.data.mocap.kinematics import Motion, Recording
from posectl.errors import InvalidInputError

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
        warnings=(f"in {bridged} frames points out of sight for at most {_GAP} s are filled in.",) if bridged else (),
    )


def _without_short_gaps(positions: np.ndarray, longest: int) -> np.ndarray:
    """Fill gaps of at most `longest` frames between two sights of a point (T, J, 3) in straight lines."""
    filled = positions.copy()
    for point in range(positions.shape[1]):
        there = np.flatnonzero(~np.isnan(positions[:, point, 0]))
        steps = np.diff(there)
        gaps = np.flatnonzero((steps > 1) & (steps <= longest + 1))
        for before, after in zip(there[gaps], there[gaps + 1], strict=True):
            t = np.arange(1, after - before)[:, None] / (after - before)
            start, end = positions[before, point], positions[after, point]
            filled[before + 1 : after, point] = (1 - t) * start + t * end
    return filled


def seen_runs(
    recording: Recording, nodes: Sequence[int], fps: float, path: Path
) -> tuple[list[tuple[int, int]], list[str]]:
    """Return (first frame, frames) of every run in which all of `nodes` are seen, and sentences on what is left out.

    Runs shorter than 0.1 s are left out if there are longer ones. Raises InvalidInputError where there is no run.
    """
    assert recording.seen is not None
    seen = recording.seen[:, nodes]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen.all(axis=1), [False]]).astype(np.int8)))
    runs = [(int(first), int(end - first)) for first, end in edges.reshape(-1, 2)]
    if not runs:
        worst = nodes[int(seen.sum(axis=0).argmin())]
        raise InvalidInputError(
            f"{path}{recording.part}: in no frame are all its joints in sight, and {recording.names[worst]} is in "
            f"{recording.seen[:, worst].sum()} of {recording.frames}.",
            "Fill its gaps where it was recorded, or say in a joint map what stands for it: --map.",
        )
    long = [run for run in runs if run[1] >= _GAP * fps] or runs
    lost = recording.frames - sum(length for _, length in long)
    if not lost:
        return long, []
    left = f"{len(long)} clips are left" if len(long) > 1 else "one clip is left"
    return long, [f"{lost} of {recording.frames} frames{_of(recording)} are left out, where a joint is lost; {left}."]


def _of(recording: Recording) -> str:
    return f" of {recording.part.removeprefix('-')}" if recording.part else ""
