"""MotionBERT's and LCN's pkl: joints in image space, pixels and a depth scaled to pixels, one row a frame and camera.

With s = `2.5d_factor`, the millimetres that a pixel spans at the pelvis's depth, `joints_2.5d_image` is `joint3d_image`
times s: x and y of a weak-perspective camera, off by centimetres for limbs near or far, and the depth from the pelvis
in millimetres. Given the camera's focal length f and centre c, the perspective is undone exactly: the pelvis is at
depth Z = f s, a joint at z = Z + depth, and x = (u - c_x) z / f.

The train part of the published files has no factor. There s gives the 16 bones the summed length of Human3.6M's
exponential-map skeleton. Source: Walter0807/MotionBERT, lib/data/datareader_h36m.py and train.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from posectl.data.h36m.cameras import Camera
from posectl.data.h36m.layouts import LayoutFile
from posectl.data.h36m.names import action_name
from posectl.data.h36m.takes import Request, Take
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError

_SOURCE = re.compile(r"s_(\d\d)_act_(\d\d)_subact_(\d\d)_ca_(\d\d)")
_CAMERAS = ("54138969", "55011271", "58860488", "60457274")  # ca_01 to ca_04

# Hip 133, thigh 443, shin 454, spine 233, 257, neck 121, head 115, shoulder 151, arm 279, forearm 252 mm
# (una-dinosauria/human-motion-prediction, src/forward_kinematics.py).
_ALL_BONES = 2 * (133 + 443 + 454 + 151 + 279 + 252) + 233 + 257 + 121 + 115


@dataclass(frozen=True)
class _Part:
    """The columns of "train" or "test": image (N, 17, 3), factor (N,) or None, and three texts a row."""

    image: np.ndarray
    factor: np.ndarray | None
    source: list[str]
    action: list[Any]
    camera: list[str]


def read(files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes of `files` that `request` wants, one a camera; raises InvalidInputError.

    They are in metres of the camera's axes if the request has camera parameters; else weak-perspective and without a
    place.
    """
    for file in files:
        for key in ("train", "test"):
            if key in file.content:
                part = _part(file.content[key], f"{key!r} in {file.path}")
                yield from _takes(part, f"{file.label}: {key}/", request)


def _takes(part: _Part, source: str, request: Request) -> Iterator[Take]:
    changes = [row for row in range(1, len(part.source)) if part.source[row] != part.source[row - 1]]
    for start, stop in pairwise([0, *changes, len(part.source)]):
        match = _SOURCE.fullmatch(part.source[start])
        if match is None:
            hint = "Sources are like s_09_act_02_subact_01_ca_01."
            raise InvalidInputError(f"{source}{part.source[start][:40]!a} names no take.", hint)
        subject, take, action = f"S{int(match[1])}", str(int(match[3])), action_name(part.action[start])
        camera = part.camera[start] if part.camera else _CAMERAS[(int(match[4]) - 1) % 4]
        if not request.wants(subject, action, take):
            continue
        image = part.image[start:stop].astype(np.float64)
        factor = part.factor[start:stop, None, None] if part.factor is not None else _factor_from_bones(image, request)
        placed = request.cameras is not None
        if request.cameras is not None:
            joints = _undo_perspective(image, factor, request.cameras.get(subject, camera), request.cameras.name)
        else:
            joints = (image - image[:, :1]) * factor
            request.warn(
                "These are weak-perspective poses, off by centimetres, and where the subject stood is not known: "
                "--cameras FILE undoes the perspective."
            )
        frame = np.arange(stop - start)
        yield Take(subject, action, take, joints, frame, source + part.source[start], "camera", camera, placed)


def _undo_perspective(image: np.ndarray, factor: np.ndarray, camera: Camera, name: str) -> np.ndarray:
    """Return joints (T, 17, 3) in the camera's axes, millimetres, of image (T, 17, 3) and factor (T, 1, 1)."""
    if camera.K is None:
        hint = "MotionBERT's poses need its intrinsics; leave --cameras out for weak-perspective poses."
        raise InvalidInputError(f"{name} has no calibration matrix.", hint)
    f, c = camera.K[[0, 1], [0, 1]], camera.K[:2, 2]
    depth = (image[..., 2:] - image[:, :1, 2:]) * factor + f.mean() * factor
    return np.concatenate([(image[..., :2] - c) * depth / f, depth], axis=-1)


def _factor_from_bones(image: np.ndarray, request: Request) -> np.ndarray:
    """Return millimetres a pixel (T, 1, 1) for bones of Human3.6M's length."""
    request.warn(
        "A part without '2.5d_factor' has no scale: its poses get the bones of Human3.6M's exponential-map skeleton."
    )
    pixels = H36M17.bone_lengths(image).sum(axis=-1)[:, None, None]
    return _ALL_BONES / np.maximum(pixels, 1e-6)


def _part(columns: Any, name: str) -> _Part:
    hint = "It should have joint3d_image (N, 17, 3), source and action, and 2.5d_factor (N,)."
    if not isinstance(columns, dict) or not {"joint3d_image", "source", "action"} <= set(columns):
        keys = ascii(", ".join(map(str, columns))[:80]) if isinstance(columns, dict) else type(columns).__name__
        raise InvalidInputError(f"{name} holds {keys}.", hint)
    image, factor = columns["joint3d_image"], columns.get("2.5d_factor")
    source = _texts(columns["source"], name)
    action, camera = _texts(columns["action"], name), _texts(columns.get("camera_name", []), name)
    if not isinstance(image, np.ndarray) or image.dtype.kind != "f" or image.shape[1:] != (17, 3) or not len(image):
        raise InvalidInputError(f"{name} holds a joint3d_image that is no array (N, 17, 3).", hint)
    if factor is not None and not (isinstance(factor, np.ndarray) and factor.dtype.kind == "f" and factor.ndim == 1):
        raise InvalidInputError(f"{name} holds a 2.5d_factor that is no array (N,).", hint)
    rows = {len(image), len(source), len(action), len(camera or source), len(source if factor is None else factor)}
    if len(rows) > 1:
        raise InvalidInputError(f"{name} has columns of {' and '.join(map(str, sorted(rows)))} rows.", hint)
    return _Part(image, factor, source, action, camera)


def _texts(column: Any, name: str) -> list[str]:
    """Return a list of str, or an array of text or numbers, as a list of str."""
    try:
        return [str(item) for item in (column.tolist() if isinstance(column, np.ndarray) else list(column))]
    except (ValueError, TypeError):
        raise InvalidInputError(f"{name} holds names that are no text.", "Copy or write the file again.") from None
