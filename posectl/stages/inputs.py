"""Arrays that a command may take from a file, from standard input, or from a dataset in the store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.npy import load_array, load_poses
from posectl.errors import InvalidInputError
from posectl.stages.dataset import StoredDataset
from posectl.stages.run import Run
from posectl.store import Ref

STDIN = "-"


def is_file(text: str) -> bool:
    """Whether an argument means an array file (or `-`) rather than a ref."""
    return text == STDIN or text.endswith((".npy", ".npz")) or Path(text).is_file()


def file_record(source: str, array: np.ndarray) -> dict[str, Any]:
    """What the record says of an array that came from outside: its name, and a digest of its numbers."""
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return {"file": source, "shape": list(array.shape), "sha256": digest}


def read_file(source: str, *, points: bool) -> np.ndarray:
    """The array in a file: poses in metres, checked as such, where `points`; any numbers else. float64 stays so."""
    return load_poses(source, keep_double=True) if points else load_array(source)


def samples_of(run: Run, source: str, shape: tuple[int, ...]) -> tuple[np.ndarray, dict[str, Any]]:
    """Samples (N, *shape), and a record of where they came from: a file of one sample or many, or `ref#i`.

    Poses are moved so that the pelvis is at the origin.
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
    points = shape[-1:] == (3,)
    samples = fit(read_file(source, points=points).astype(np.float32, copy=False), shape, source)
    return centred(samples) if points else samples, file_record(source, samples)


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
