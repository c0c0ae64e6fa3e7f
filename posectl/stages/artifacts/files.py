"""Arrays that a command takes from a file, from standard input, or from a dataset in the store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from posectl.core.kinds import Kind
from posectl.data.safe.npy import load_array, source_name
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import as_many, format_of, infer_kind
from posectl.stages.run import Run
from posectl.store import Ref

STDIN, BASELINE = "-", "baseline:"


def is_file(text: str) -> bool:
    """Tell whether an argument means an array file (or `-`) rather than a ref."""
    return text == STDIN or text.endswith((".npy", ".npz")) or Path(text).is_file()


def is_baseline(text: str) -> bool:
    """Tell whether a subject means a baseline, `baseline:crossfade`, rather than a ref."""
    return text.startswith(BASELINE)


def file_record(source: str, array: np.ndarray) -> dict[str, Any]:
    """Return the record of an array that came from outside: its name, and a digest of its numbers."""
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return {"file": source, "shape": list(array.shape), "sha256": digest}


def read_file(source: str, kind: Kind | None = None) -> tuple[Kind, np.ndarray]:
    """Read samples (N, *shape) or paths (B, T, *shape) from a file, and tell their kind by their shape unless given."""
    array, name = load_array(source), source_name(source)
    kind = kind or infer_kind(array, name)
    return kind, format_of(kind).read(array, name)


def samples_of(run: Run, source: str, kind: Kind, shape: tuple[int, ...]) -> tuple[np.ndarray, dict[str, Any]]:
    """Return samples (N, *shape) of a kind, and a record of where they came from: a file of one or many, or `ref#i`."""
    if is_file(source):
        samples = format_of(kind).samples(load_array(source), shape, source_name(source))
        return samples, file_record(source, samples)
    ref = Ref.parse(source)
    dataset = StoredDataset(run.artifacts.get(ref, "dataset"))
    if ref.sample is None:
        what, pick = ("clip", source[: -len(ref.part)]) if ref.part else ("dataset", source)
        raise InvalidInputError(f"{source!r} is a whole {what}, and one sample is wanted.", f"Pick one: {pick}#0.")
    record = {"ref": dataset.artifact.ref, "sample": ref.sample, "digest": dataset.artifact.digest}
    return as_many(dataset.sample(ref.sample)[None], shape, source), record
