"""Arrays that a command takes from a file, from standard input, or from a dataset in the store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import Kind
from posectl.data.foreign import Conventions, load_poses
from posectl.data.safe.npy import load_array, source_name, split_key
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import Shape, Taken, as_many, format_of, infer_kind
from posectl.stages.options import (
    ApplyOptions,
    ArithmeticOptions,
    EvaluateOptions,
    ExportOptions,
    InterpolateOptions,
    RenderOptions,
)
from posectl.stages.run import Run
from posectl.store import Artifact, Ref

STDIN, BASELINE = "-", "baseline:"


def is_file(text: str) -> bool:
    """Tell whether an argument means an array file, one array of an .npz (`file.npz:key`) or `-` rather than a ref."""
    return text == STDIN or text.endswith((".npy", ".npz")) or split_key(text)[1] is not None or Path(text).is_file()


def is_baseline(text: str) -> bool:
    """Tell whether a subject means a baseline, `baseline:crossfade`, rather than a ref."""
    return text.startswith(BASELINE)


def file_record(source: str, array: np.ndarray) -> dict[str, Any]:
    """Return the record of an array that came from outside: its name, and a digest of its numbers."""
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return {"file": source, "shape": list(array.shape), "sha256": digest}


def conventions(
    options: InterpolateOptions | ApplyOptions | ArithmeticOptions | EvaluateOptions | ExportOptions | RenderOptions,
) -> Conventions:
    """Return the conventions of poses in files that options name."""
    return Conventions(options.unit, options.up, options.joints)


def read_file(
    source: str | np.ndarray, said: Conventions = Conventions(), shape: Shape = None, *, beside: bool = False
) -> tuple[Kind, Taken]:
    """Take in samples (N, *shape) or paths (B, T, *shape) from a file, standard input or an array, of the kind that
    its shape tells.

    said: the conventions of poses; shape: what the array is to be taken for; beside: whether another file is there, of
    which they are said, too.
    """
    if isinstance(source, np.ndarray):
        arrays, name = {"poses": source}, "array"
    else:
        arrays, name = load_poses(source), source_name(source)
    kind = infer_kind(arrays["poses"], name, said)
    form = format_of(kind)
    if beside:
        said = form.left_to_say(arrays, name, said, subject=True)
    return kind, form.take(arrays, name, said, shape)


def samples_of(
    run: Run, source: str, kind: Kind, shape: tuple[int, ...], said: Conventions = Conventions(), up: str | None = None
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return samples (N, *shape) of a kind, and a record of where they came from: a file of one or many, or `ref#i`.

    said: the conventions of poses in a file; up: the vertical of those that they are to fit.
    """
    if is_file(source):
        samples, warnings = format_of(kind).ends(load_poses(source), shape, source_name(source), said, up)
        for warning in warnings:
            run.warn(warning)
        return samples, file_record(source, samples)
    ref = Ref.parse(source)
    dataset = StoredDataset(run.artifacts.get(ref, "dataset"))
    if ref.sample is None:
        what, pick = ("clip", source[: -len(ref.part)]) if ref.part else ("dataset", source)
        raise InvalidInputError(f"{source!r} is a whole {what}, and one sample is wanted.", f"Pick one: {pick}#0.")
    record = {"ref": dataset.artifact.ref, "sample": ref.sample, "digest": dataset.artifact.digest}
    return as_many(dataset.sample(ref.sample)[None], shape, source), record


def load_codes(source: str, artifact: Artifact, model: Autoencoder, shape: tuple[int, ...]) -> np.ndarray:
    """Read a model's codes from a file as float32: one array of this shape, or N. Raises InvalidInputError for others
    than the model's, and for NaN or infinite ones."""
    array, name = load_array(source), source_name(source)
    fits = array.ndim in (len(shape), len(shape) + 1) and array.shape[-len(shape) :] == shape
    if array.dtype.kind not in "fiu" or not fits:
        raise InvalidInputError(
            f"{name} holds {array.dtype} of shape {array.shape}, and a code of {artifact.ref} has {model.latent} "
            "numbers.",
            f"Give (N, {', '.join(map(str, shape))}), as `posectl encode` writes codes.",
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{name} holds codes that are NaN or infinite.", "Leave those out.")
    return np.ascontiguousarray(array, dtype=np.float32)
