"""EPFL CVLab's dictionaries: subject -> action -> seq -> frame -> (17, 3), world axes, millimetres.

dict_h36m_desc.pkl beside it lists, for each camera cam0 to cam3, the frames that it saw. Source:
naayem/ACAI-Enhanced-3D-Pose-Representation, src/deep_cvlab/datasets/h36m_3d.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.h36m.layouts import LayoutFile
from posectl.data.h36m.names import action_name, subject_name
from posectl.data.h36m.takes import Request, Take
from posectl.errors import InvalidInputError


def read(files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes of `files` that `request` wants; raises InvalidInputError for dictionaries of another shape.

    With frame "camera" and a dict_h36m_desc.pkl among the files, one take a camera, of the frames that it saw.
    """
    seen = next((file.content for file in files if file.layout == "epfl-frames"), None)
    for file in (file for file in files if file.layout == "epfl"):
        for keys, frames in _sequences(file.content, file.path):
            subject, action, take = subject_name(keys[0]), action_name(keys[1]), keys[2].removeprefix("seq")
            if not request.wants(subject, action, take):
                continue
            number, joints = _stack(frames, f"{subject} {action} {take} in {file.path}")
            whole = Take(subject, action, take, joints, number, f"{file.label}: {'/'.join(keys)}")
            if seen is None or request.cameras is None or request.frame != "camera":
                yield whole
                continue
            for index, camera in enumerate(request.cameras.of(subject)):
                rows = np.isin(number, _frames_seen(seen, *keys, f"cam{index}"))
                if rows.any():
                    yield replace(whole, joints=joints[rows], frame=number[rows], camera=camera)


def _sequences(content: dict, path: Path) -> Iterator[tuple[tuple[str, str, str], dict]]:
    """Yield ((subject, action, seq), frames) of every sequence."""
    for subject, actions in content.items():
        for action, sequences in _dictionary(actions, path).items():
            for seq, frames in _dictionary(sequences, path).items():
                yield (str(subject), str(action), str(seq)), _dictionary(frames, path)


def _dictionary(value: Any, path: Path) -> dict:
    if not isinstance(value, dict):
        message = f"{path} holds a {type(value).__name__} where a dictionary should be."
        raise InvalidInputError(message, "It should be [subject][action][seq][frame] -> (17, 3).")
    return value


def _number(frame: Any) -> int:
    number = int(frame)
    if not 0 <= number < 1 << 31:
        raise ValueError(number)
    return number


def _stack(frames: dict, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return frame numbers (T,) in order, and the joints (T, J, 3) of these frames."""
    try:
        by_number = sorted(((_number(frame), joints) for frame, joints in frames.items()), key=lambda pair: pair[0])
        number = np.array([frame for frame, _ in by_number], dtype=np.int64)
        joints = np.stack([np.asarray(joints, dtype=np.float64) for _, joints in by_number])
    except (ValueError, TypeError):
        message = f"{name} holds frames that are no arrays of one shape."
        raise InvalidInputError(message, "Every frame should be (17, 3).") from None
    return number, joints


def _frames_seen(content: Any, *keys: str) -> np.ndarray:
    """Return the frame numbers under `keys` of dict_h36m_desc; none where it does not have them."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    try:
        return np.array([_number(frame) for frame in content or ()], dtype=np.int64)
    except (ValueError, TypeError):
        raise InvalidInputError(f"dict_h36m_desc lists a frame under {'/'.join(keys)} that is no number.") from None
