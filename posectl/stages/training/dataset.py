"""The dataset that a training takes."""

from __future__ import annotations

from dataclasses import replace

from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.run import Run


def training_set(run: Run, ref: str | None) -> StoredDataset:
    """Return the dataset of this ref, or the newest; in an empty store prepare the embedded mannequin first."""
    if ref is None and run.artifacts.newest("dataset") is None:
        from posectl.stages.prepare import prepare  # a stage of its own, which most trainings do without

        run.tell("No dataset in the store: preparing the embedded mannequin.")
        prepare(replace(run, name=None, sources={}), "mannequin")
    dataset = StoredDataset(run.subject(ref, "dataset", "`posectl prepare mannequin` makes one."))
    for name in ("train", "test"):
        if not len(getattr(dataset, name)):
            raise InvalidInputError(
                f"{dataset.artifact.ref} has no {name} samples.", "Prepare it with more subjects, or --test FILE."
            )
    return dataset
