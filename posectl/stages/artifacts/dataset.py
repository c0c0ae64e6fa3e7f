"""A dataset artifact as the other stages use it: arrays by split, and the description of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from posectl.core.kinds import KINDS, Kind
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.skeleton import H36M17, Skeleton
from posectl.errors import NotFoundError, UsageError
from posectl.stages.artifacts.about import DatasetAbout, read_about
from posectl.stages.run import Run, expect, parent_of
from posectl.store import Artifact


class StoredDataset:
    """A dataset artifact whose arrays are read when they are asked for."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = expect(artifact, "dataset")

    @cached_property
    def about(self) -> DatasetAbout:
        """The checked `about`."""
        return read_about(self.artifact, DatasetAbout)

    @cached_property
    def samples(self) -> np.ndarray:
        """All samples (N, *shape)."""
        return self.artifact.read("samples")

    @cached_property
    def split(self) -> np.ndarray:
        """The split (N,) uint8, TRAIN, TEST or VALIDATION."""
        return self.artifact.read("split")

    @property
    def train(self) -> np.ndarray:
        """The samples of the train split."""
        return self.samples[self.split == TRAIN]

    @property
    def test(self) -> np.ndarray:
        """The samples of the test split."""
        return self.samples[self.split == TEST]

    @property
    def validation(self) -> np.ndarray:
        """The samples of the validation split, none where the dataset has no such split."""
        return self.samples[self.split == VALIDATION]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a sample."""
        return self.artifact.arrays()["samples"].shape[1:]

    @property
    def kind(self) -> Kind:
        """The kind of the samples."""
        return kind_named(self.about.kind)

    def known(self, name: str) -> np.ndarray:
        """Read the values (N, ...) of this name: a factor, `label`, `object`."""
        return self.artifact.read(name)

    @property
    def skeleton(self) -> Skeleton:
        """The skeleton of poses."""
        return H36M17

    @property
    def up(self) -> str:
        """The up axis of poses."""
        return self.about.up or "+z"

    def sample(self, index: int) -> np.ndarray:
        """Read one sample; raises NotFoundError beyond the end."""
        count = self.artifact.arrays()["samples"].shape[0]
        if not 0 <= index < count:
            raise NotFoundError(f"{self.artifact.ref} has no sample {index}.", f"Its samples are #0 to #{count - 1}.")
        return self.artifact.read("samples", rows=slice(index, index + 1))[0]

    def clip(self, index: int) -> tuple[np.ndarray, str]:
        """Read the samples of one clip, and its name; raises NotFoundError where there is none such."""
        if not self.artifact.has("clips/start"):
            raise NotFoundError(f"{self.artifact.ref} has no clips.", "Pick one of its samples by its number, #0.")
        lengths = self.artifact.read("clips/length")
        if not 0 <= index < len(lengths):
            raise NotFoundError(f"{self.artifact.ref} has no clip {index}.", f"Its clips are 0 to {len(lengths) - 1}.")
        start = int(self.artifact.read("clips/start")[index])
        name = str(self.artifact.read("clips/name")[index])
        return self.artifact.read("samples", rows=slice(start, start + int(lengths[index]))), name


def kind_named(name: str) -> Kind:
    """Return the kind of this name; artifacts of the first release that name none hold poses."""
    return KINDS.get(name or "poses")


def dataset_of(run: Run, model: Artifact) -> StoredDataset:
    """Find the dataset that a model was trained on. Raises NotFoundError if it is not in the store any more."""
    dataset = parent_of(run, model, "dataset")
    if dataset is None:
        raise NotFoundError(
            f"The dataset of {model.ref} is not in {run.store}.",
            "Prepare it again as it was: it is found by its content.",
        )
    return StoredDataset(dataset)


def common_dataset(run: Run, models: Sequence[Artifact]) -> StoredDataset:
    """Find the one dataset of all models. Raises UsageError for several, NotFoundError if it is gone."""
    digests = {parent.digest: parent.ref for each in models for parent in each.parents if parent.role == "dataset"}
    if len(digests) > 1:
        raise UsageError(
            f"These models are of several datasets, {', '.join(digests.values())}.", "Name models of one dataset."
        )
    return dataset_of(run, models[0])
