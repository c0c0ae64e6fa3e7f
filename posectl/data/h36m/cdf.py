"""Human3.6M as it is published: S1/MyPoseFeatures/D3_Positions/Walking 1.cdf, variable `Pose` (1, T, 96), millimetres.

D3_Positions is in world axes. D3_Positions_mono (Walking 1.54138969.cdf) has one file a camera, in that camera's axes,
and D3_Positions_mono_universal the same with every subject on one skeleton. cdflib reads NASA's Common Data Format.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from posectl.data.h36m.cdf_records import check_records
from posectl.data.h36m.layouts import LayoutFile
from posectl.data.h36m.names import action_and_take, subject_name
from posectl.data.h36m.takes import Request, Take
from posectl.errors import InvalidInputError, UnavailableError


def read(files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes of `files` that `request` wants; raises InvalidInputError, and UnavailableError without cdflib."""
    for file in files:
        title, camera = (file.path.stem, "") if file.layout == "cdf" else _title_and_camera(file.path)
        subject, (action, take) = _subject(file.path), action_and_take(title)
        if request.wants(subject, action, take):
            joints = _pose(file.path)
            frame = np.arange(len(joints))
            yield Take(subject, action, take, joints, frame, file.label, "camera" if camera else "world", camera)


def _subject(path: Path) -> str:
    """Find the subject in whose folder `path` lies."""
    for folder in path.resolve().parents:
        if re.fullmatch(r"S\d\d?", folder.name):
            return subject_name(folder.name)
    hint = "Keep Human3.6M's folders: S1/MyPoseFeatures/D3_Positions/Walking 1.cdf."
    raise InvalidInputError(f"{path} lies in no subject's folder, so whose it isis unknown.", hint)


def _title_and_camera(path: Path) -> tuple[str, str]:
    title, _, camera = path.stem.rpartition(".")
    if not title or not camera.isdecimal():
        raise InvalidInputError(f"{path} names no camera.", "Names are like Walking 1.54138969.cdf.")
    return title, camera


def _pose(path: Path) -> np.ndarray:
    """Read the joints (T, J, 3) of one file."""
    try:
        import cdflib
    except ImportError:
        hint = "Install it: pip install 'posectl[h36m]'."
        raise UnavailableError(f"Reading {path.name} needs cdflib, which is not installed.", hint) from None
    check_records(path)
    try:
        pose = np.asarray(cdflib.CDF(path)["Pose"])
    except Exception as error:  # cdflib raises whatever the damage leads to, plain Exception included
        message = f"{path} is no readable CDF file with a variable Pose ({type(error).__name__})."
        raise InvalidInputError(message, "Unpack Poses_D3_Positions_S*.tgz again.") from None
    if pose.ndim < 2 or pose.shape[-1] % 3 or pose.dtype.kind != "f":
        message = f"{path} holds Pose of shape {pose.shape} and type {pose.dtype}, where (1, T, 96) should be."
        raise InvalidInputError(message, "Name the D3_Positions folder; D2 and angle files hold no positions.")
    return pose.reshape(-1, pose.shape[-1] // 3, 3)
