"""MMPose's annotation_body3d/fps{10,50}/h36m_{train,test}.npz: `S` (N, 17, 4), camera axes, metres, and `imgname` (N,).

The image's name, .../S1_Directions_1.54138969_000006.jpg, gives subject, action, take, camera and frame, counted from
1. Source: open-mmlab/mmpose, tools/dataset_converters/preprocess_h36m.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from posectl.data.h36m.layouts import LayoutFile
from posectl.data.h36m.names import action_and_take, subject_name
from posectl.data.h36m.takes import Request, Take
from posectl.data.safe.npy import load_arrays
from posectl.errors import InvalidInputError

_IMAGE = re.compile(r"(?:.*/)?(S\d+)_([^./]+)\.([^./]+)_(\d{1,9})\.\w+")


def read(files: Sequence[LayoutFile], request: Request) -> Iterator[Take]:
    """Read the takes of `files` that `request` wants, one a camera; raises InvalidInputError."""
    for file in files:
        positions, images = _arrays(file.path)
        clips = [image.rpartition("_")[0] for image in images]
        starts = [0] + [row for row in range(1, len(clips)) if clips[row] != clips[row - 1]]
        for start, stop in pairwise([*starts, len(clips)]):
            subject, title, camera, _ = _parts(images[start], file.path)
            name, (action, take) = subject_name(subject), action_and_take(title)
            if request.wants(name, action, take):
                # MMPose counts frames from 1.
                frame = np.array([int(_parts(image, file.path)[3]) - 1 for image in images[start:stop]])
                joints = positions[start:stop, ..., :3]
                yield Take(name, action, take, joints, frame, f"{file.label}: {clips[start]}", "camera", camera)


def _arrays(path: Path) -> tuple[np.ndarray, list[str]]:
    """Read positions (N, J, 3 or 4) and the N image names."""
    arrays = load_arrays(path, ("S", "imgname"))
    positions, names = arrays["S"], arrays["imgname"]
    hint = "Write the file again with MMPose's preprocess_h36m.py."
    if positions.ndim != 3 or names.shape != positions.shape[:1] or not len(names):
        message = f"{path} holds S of shape {positions.shape} and imgname of shape {names.shape}."
        raise InvalidInputError(message, f"They should be (N, 17, 4) and (N,). {hint}")
    if names.dtype.kind not in "US":
        raise InvalidInputError(f"{path} holds image names of type {names.dtype}.", hint)
    try:
        return positions, names.astype(str).tolist()
    except ValueError:
        raise InvalidInputError(f"{path} holds image names that are no text.", hint) from None


def _parts(image: str, path: Path) -> tuple[str, str, str, str]:
    """Split an image's name into (subject, action and take, camera, frame)."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        hint = "Names are like S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000001.jpg."
        raise InvalidInputError(f"{path} holds an image {image[:80]!a}, which names no frame.", hint)
    subject, title, camera, frame = match.groups()
    return subject, title, camera, frame
