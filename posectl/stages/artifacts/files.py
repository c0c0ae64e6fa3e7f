"""Arrays that a command may take from a file, from standard input, or from a dataset in the store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import numpy as np

from posectl.data.safe.npy import load_array, load_poses, source_name
from posectl.data.poses import as_poses, in_metres
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.run import Run
from posectl.store import Ref

STDIN, BASELINE = "-", "baseline:"

_ROUNDING = 1e-3


def is_file(text: str) -> bool:
    """Whether an argument means an array file (or `-`) rather than a ref."""
    return text == STDIN or text.endswith((".npy", ".npz")) or Path(text).is_file()


def is_baseline(text: str) -> bool:
    """Whether a subject means a baseline, `baseline:crossfade`, rather than a ref."""
    return text.startswith(BASELINE)


def file_record(source: str, array: np.ndarray) -> dict[str, Any]:
    """What the record says of an array that came from outside: its name, and a digest of its numbers."""
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return {"file": source, "shape": list(array.shape), "sha256": digest}


def read_file(source: str, *, points: bool) -> np.ndarray:
    """The array in a file: poses in metres, checked as such, where `points`; any numbers else. float64 stays so."""
    return load_poses(source, keep_double=True) if points else load_array(source)


def read_paths(source: str) -> tuple[Literal["poses", "images"], np.ndarray]:
    """What a file of paths or samples holds, and the array: images are (B, T, C, H, W), float32, or (B, T, H, W) for
    one channel, to which it is added; all else is read as poses."""
    array = load_array(source)
    if array.ndim != 5 and (array.ndim != 4 or array.shape[-1] == 3):
        name = source_name(source)
        return "poses", in_metres(as_poses(array, name, keep_double=True), None, name)
    images = array if array.ndim == 5 else array[:, :, None]
    if images.shape[2] not in (1, 3):
        raise InvalidInputError(
            f"{source} has shape {array.shape}, and images have 1 or 3 channels.",
            "Paths of images are (B, T, C, H, W) or, in grey, (B, T, H, W).",
        )
    return "images", as_images(images, source)


def as_images(array: np.ndarray, source: str) -> np.ndarray:
    """Images (..., C, H, W) as float32. Raises InvalidInputError for whole numbers, and for NaN or infinity."""
    if array.dtype.kind != "f" or not array.size:
        raise InvalidInputError(
            f"{source} holds {array.dtype} of shape {array.shape}, and images are floats in [-1, 1].",
            "Of bytes: image / 127.5 - 1.",
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{source} holds values that are NaN or infinite.", "Leave those images out.")
    return array.astype(np.float32, copy=False)


def samples_of(run: Run, source: str, shape: tuple[int, ...]) -> tuple[np.ndarray, dict[str, Any]]:
    """Samples (N, *shape), and a record of where they came from: a file of one sample or many, or `ref#i`.

    Poses are moved so that the pelvis is at the origin; images, (C, H, W) or grey (H, W), must be in [-1, 1].
    """
    if not is_file(source):
        ref = Ref.parse(source)
        dataset = StoredDataset(run.artifacts.get(ref))
        if ref.sample is None:
            raise InvalidInputError(
                f"{source!r} is a whole dataset, and one sample is wanted.", f"Pick one: {source}#0."
            )
        record = {"ref": dataset.artifact.ref, "sample": ref.sample, "digest": dataset.artifact.digest}
        return fit(dataset.sample(ref.sample)[None], shape, source), record
    if len(shape) == 3:
        samples = fit(_with_channels(as_images(load_array(source), source), shape), shape, source)
        if np.abs(samples).max() > 1 + _ROUNDING:
            raise InvalidInputError(
                f"{source} has values from {samples.min():.4g} to {samples.max():.4g}, and images are in [-1, 1].",
                "Of bytes: image / 127.5 - 1.",
            )
        return samples, file_record(source, samples)
    points = shape[-1:] == (3,)
    samples = fit(read_file(source, points=points).astype(np.float32, copy=False), shape, source)
    return centred(samples) if points else samples, file_record(source, samples)


def _with_channels(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Grey images (H, W) or (N, H, W) with their one channel, where that is what is wanted."""
    grey = shape[0] == 1 and images.shape[-2:] == shape[1:] and images.shape != shape
    return images[..., None, :, :] if grey and images.ndim < 4 else images


def fit(array: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
    """The array as (N, *shape), a single sample as N = 1. Raises InvalidInputError where the shapes differ."""
    if array.shape == shape:
        return array[None]
    if array.shape[1:] != shape:
        raise InvalidInputError(
            f"{source} has samples of shape {array.shape[-len(shape) :]}, and the model takes {shape}.",
            "Use a model that was trained on data of this shape.",
        )
    return array


def centred(poses: np.ndarray) -> np.ndarray:
    """Poses (..., J, 3) with the pelvis (joint 0) at the origin."""
    return poses - poses[..., :1, :]
