"""The dataset that a training takes."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from posectl.data.safe.npy import split_key
from posectl.data.source_of import how_to_read, source_of
from posectl.errors import InvalidInputError, NotFoundError, UsageError
from posectl.inputs import exists
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.run import Run


def _of_a_path(ref: str | None) -> UsageError | NotFoundError | None:
    """Return the error for a file or folder in the place of a dataset, with the command that reads it."""
    path = Path(ref or "")
    source = source_of(path)
    there = exists(split_key(path)[0])
    if ref is None or (source is None and not there):
        return None
    if there:
        what = f"A training takes a dataset of the store, and {ref!r} is a {'folder' if path.is_dir() else 'file'}."
        return UsageError(what, how_to_read(path))
    hint = f"A file is read first, as in: posectl prepare {source} {shlex.quote(ref)}"
    return NotFoundError(f"There is neither a dataset nor a file {ref!r}.", hint)


def training_set(run: Run, ref: str | None) -> StoredDataset:
    """Return the dataset of this ref, or the newest; in an empty store prepare the embedded mannequin first."""
    if ref is None and run.artifacts.newest("dataset") is None:
        from posectl.stages.prepare import prepare  # a stage of its own, which most trainings do without

        run.tell("No dataset in the store: preparing the embedded mannequin.")
        prepare(replace(run, name=None, sources={}), "mannequin")
    try:
        dataset = StoredDataset(run.subject(ref, "dataset", "`posectl prepare mannequin` makes one."))
    except (NotFoundError, UsageError) as error:
        raise _of_a_path(ref) or error from None
    for name in ("train", "test"):
        if not len(getattr(dataset, name)):
            raise InvalidInputError(
                f"{dataset.artifact.ref} has no {name} samples.", "Prepare it with samples for both splits."
            )
    return dataset
