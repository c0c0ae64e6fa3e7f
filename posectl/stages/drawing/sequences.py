"""Sequences of poses to look at, out of whatever holds some: paths, samples, a dataset's clips, or a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posectl.data.poses import as_poses, in_metres
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.drawing.subject import Source
from posectl.store import Artifact


@dataclass(frozen=True)
class Sequences:
    """poses: one (T, J, 3) a sequence, z up. moving: whether a sequence is a motion, and not a set of single poses."""

    label: str
    poses: list[np.ndarray]
    moving: bool


def sequences_of(source: Source, *, most: int) -> Sequences:
    """Up to `most` sequences of a source; `ref#i` is its i-th path, sample or clip."""
    subject, artifact = source.subject, source.artifact
    if artifact is None:
        array = in_metres(as_poses(source.held, subject, keep_double=True), None, subject)
        return _of_array(subject, array[None] if array.ndim == 2 else array, "+z", most)
    if artifact.kind == "dataset":
        return _of_dataset(subject, StoredDataset(artifact), source.sample, most)
    rows = slice(0, most) if source.sample is None else source.row
    return _of_array(subject, artifact.read(artifact.kind, rows=rows), _up(artifact), most)


def _up(artifact: Artifact) -> str:
    return artifact.about.get("samples", {}).get("up", "+z")


def _of_array(label: str, array: np.ndarray, up: str, most: int) -> Sequences:
    if array.shape[-2:] != (len(H36M17.joints), 3):
        raise InvalidInputError(f"{label} holds {array.shape[1:]} samples, and only poses can be drawn.", "Give poses.")
    if array.ndim == 4:
        return Sequences(label, list(z_up(array[:most], up)), True)
    return Sequences(label, [pose[None] for pose in z_up(array[:most], up)], False)


def _of_dataset(label: str, dataset: StoredDataset, clip: int | None, most: int) -> Sequences:
    if not dataset.artifact.has("clips/start"):
        return _of_array(label, dataset.artifact.read("samples", rows=slice(0, most)), dataset.up, most)
    count = dataset.artifact.arrays()["clips/start"].shape[0]
    # Spread over the set, so that a glance shows its variety.
    chosen = [clip] if clip is not None else np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist()
    clips = [dataset.clip(i) for i in chosen]
    return Sequences(clips[0][1] if clip is not None else label, [z_up(poses, dataset.up) for poses, _ in clips], True)


# Rotations, never a swap of two axes: that would mirror the body. Each gives the new x, y, z as (sign, old axis).
_TO_Z_UP = {
    "+x": ((-1, 2), (1, 1), (1, 0)),
    "-x": ((1, 2), (1, 1), (-1, 0)),
    "+y": ((1, 0), (-1, 2), (1, 1)),
    "-y": ((1, 0), (1, 2), (-1, 1)),
    "+z": ((1, 0), (1, 1), (1, 2)),
    "-z": ((1, 0), (-1, 1), (-1, 2)),
}


def z_up(poses: np.ndarray, up: str) -> np.ndarray:
    """Poses (..., J, 3) turned so that what was `up` is +z: sequences of several frames of reference in one picture."""
    return np.stack([sign * poses[..., axis] for sign, axis in _TO_Z_UP[up]], axis=-1)
