"""NTU RGB+D's .skeleton: bodies tracked by Kinect v2, at 30 frames a second, in metres and a camera's axes, y up.

The number of frames; of each frame the number of bodies; of each body a line that begins with its tracking number, the
number of joints, and of each joint a line of x, y, z, eight numbers for images and orientation, and its tracking state.
Source: A. Shahroudy et al., "NTU RGB+D", CVPR 2016, read_skeleton_file.m.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.data.layouts import layout
from posectl.data.mocap.kinematics import Recording
from posectl.data.mocap.points import recording_of_points
from posectl.data.mocap.text import is_number, read_text
from posectl.errors import InvalidInputError

FPS = 30.0
_NAMES = layout("ntu25").names
# The tracking state of a joint that is nowhere; 1 is inferred from others, and 2 is seen.
_NOT_TRACKED = "0"
_LEAST_COLUMNS = 4
_JOINT = 160  # bytes that a joint of a frame takes, read and bridged; every body has all frames


@dataclass
class _Body:
    """One body: the frames in which it is, and its joints there, (J, 3) each, NaN where untracked."""

    frames: list[int] = field(default_factory=list)
    joints: list[list[tuple[float, ...]]] = field(default_factory=list)


def read_skeleton(path: Path) -> list[Recording]:
    """Read a recording of every body in a file, in the order in which they come; raises InvalidInputError.

    Every recording has all frames of the file. The same body keeps its tracking number until it is lost.
    """
    lines = enumerate(read_text(path).splitlines(), 1)
    frames = _count(lines, path, "frames")
    bodies: dict[str, _Body] = {}
    for frame in range(frames):
        for _ in range(_count(lines, path, "bodies")):
            body = bodies.setdefault(_next(lines, path)[1].split(maxsplit=1)[0], _Body())
            joints = _count(lines, path, "joints")
            if joints != len(_NAMES):
                raise InvalidInputError(
                    f"{path}: a body of {joints} joints, where Kinect v2 has {len(_NAMES)}.",
                    "Check that it is a .skeleton file of NTU RGB+D.",
                )
            body.frames.append(frame)
            body.joints.append([_joint(*_next(lines, path), path) for _ in range(joints)])
    if not bodies:
        raise InvalidInputError(
            f"{path} holds no body in its {frames} frames.", "NTU RGB+D lists such files as missing skeletons."
        )
    budget.check(str(path), len(bodies) * frames * len(_NAMES) * _JOINT, path.stat().st_size)
    return [_recording(body, frames, number) for number, body in enumerate(bodies.values(), 1)]


def _recording(body: _Body, frames: int, number: int) -> Recording:
    positions = np.full((frames, len(_NAMES), 3), np.nan)
    positions[body.frames] = body.joints
    return recording_of_points(_NAMES, positions, FPS, unit="m", part=f"-body{number}" if number > 1 else "")


def _joint(number: int, line: str, path: Path) -> tuple[float, ...]:
    tokens = line.split()
    if len(tokens) < _LEAST_COLUMNS:
        raise _error(path, number, f"{line[:40]!r} is no line of a joint")
    if tokens[-1] == _NOT_TRACKED:
        return (math.nan,) * 3
    for token in tokens[:3]:
        if not is_number(token) and token.lower() != "nan":
            raise _error(path, number, f"{token[:40]!r} is no number")
    return tuple(map(float, tokens[:3]))


def _count(lines: Iterator[tuple[int, str]], path: Path, what: str) -> int:
    number, line = _next(lines, path)
    word = line.strip()
    if not (word.isascii() and word.isdecimal()):
        raise _error(path, number, f"{word[:40]!r} is no number of {what}")
    return int(word[:18])


def _next(lines: Iterator[tuple[int, str]], path: Path) -> tuple[int, str]:
    """Return the next line that is not blank, and its number."""
    for number, line in lines:
        if line.strip():
            return number, line
    raise InvalidInputError(f"{path} is cut short: it ends within its frames.", "Fetch the file again.")


def _error(path: Path, number: int, what: str) -> InvalidInputError:
    return InvalidInputError(f"{path}, line {number}: {what}.", "Check that it is a .skeleton file of NTU RGB+D.")
