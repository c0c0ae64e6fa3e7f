"""A dataset artifact as the other stages use it: arrays by split, and the description of the samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal, cast

import numpy as np

from posectl.core.kinds import KINDS, Kind
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.skeleton import H36M17, Skeleton
from posectl.errors import InvalidInputError, NotFoundError, UsageError
from posectl.stages.artifacts.about import DatasetAbout, read_about
from posectl.stages.artifacts.beyond import is_beyond_memory, stored
from posectl.stages.run import Run, expect, parent_of
from posectl.store import Artifact

Samples = np.ndarray
"""Samples (N, *shape); or shards of them, which have a shape and a length, are taken from by rows, and are read as a
whole only where all are needed and there is room."""

_LEFT_OUT = 255
HeldOut = Literal["test", "validation"]
"""The split that is held against models."""


class StoredDataset:
    """A dataset artifact whose arrays are read when they are asked for.

    held_out: "test", or "validation" for the dataset without its test samples, in whose place validation samples are.
    Raises InvalidInputError where there are none.
    """

    def __init__(self, artifact: Artifact, held_out: HeldOut = "test") -> None:
        self.artifact, self.held_out = expect(artifact, "dataset"), held_out
        if held_out == "validation" and not self.about.validation:
            raise InvalidInputError(
                f"{artifact.ref} has no validation split, and test samples are not taken instead.",
                "`posectl prepare SOURCE --validation 0.1` holds some out.",
            )

    @cached_property
    def about(self) -> DatasetAbout:
        """The checked `about`."""
        return read_about(self.artifact, DatasetAbout)

    @cached_property
    def samples(self) -> Samples:
        """All samples (N, *shape)."""
        return self._kept_samples(self._kept) if self.is_beyond_memory else self.known("samples")

    @cached_property
    def is_beyond_memory(self) -> bool:
        """Whether the samples exceed the memory's budget, and come in shards."""
        return is_beyond_memory(self.artifact)

    def _kept_samples(self, kept: np.ndarray | None) -> Samples:
        """Return those samples (N,) alone, as shards, which numpy takes for the array where there is room for it."""
        return cast("np.ndarray", stored(self.artifact, kept))

    def _of(self, part: int) -> Samples:
        if not self.is_beyond_memory:
            return self.samples[self.split == part]
        split = self.artifact.read("split")
        if self._kept is not None:
            split = np.where(split == VALIDATION, TEST, np.where(split == TEST, _LEFT_OUT, split))
        return self._kept_samples(split == part)

    @cached_property
    def split(self) -> np.ndarray:
        """The split (N,) uint8, TRAIN, TEST or VALIDATION."""
        split = self.artifact.read("split")
        return split if self._kept is None else np.where(split == VALIDATION, TEST, split)[self._kept]

    @cached_property
    def _kept(self) -> np.ndarray | None:
        """Which samples (N,) there are to be; None for all."""
        return None if self.held_out == "test" else self.artifact.read("split") != TEST

    @property
    def train(self) -> Samples:
        """The samples of the train split."""
        return self._of(TRAIN)

    @property
    def test(self) -> Samples:
        """The samples of the test split."""
        return self._of(TEST)

    @property
    def validation(self) -> Samples:
        """The samples of the validation split, none where the dataset has no such split."""
        return self._of(VALIDATION)

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
        values = self.artifact.read(name)
        return values if self._kept is None else values[self._kept]

    def left_out(self, name: str) -> np.ndarray:
        """Read the values (M, ...) of test samples that are not to be seen where validation samples are held out."""
        values = self.artifact.read(name)
        return values[:0] if self._kept is None else values[~self._kept]

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


def dataset_of(run: Run, model: Artifact, held_out: HeldOut = "test") -> StoredDataset:
    """Find the dataset that a model was trained on. Raises NotFoundError if it is not in the store any more."""
    dataset = parent_of(run, model, "dataset")
    if dataset is None:
        raise NotFoundError(
            f"The dataset of {model.ref} is not in {run.store}.",
            "Prepare it again as it was: it is found by its content.",
        )
    return StoredDataset(dataset, held_out)


def common_dataset(run: Run, models: Sequence[Artifact]) -> StoredDataset:
    """Find the one dataset of all models. Raises UsageError for several, NotFoundError if it is gone."""
    digests = {parent.digest: parent.ref for each in models for parent in each.parents if parent.role == "dataset"}
    if len(digests) > 1:
        raise UsageError(
            f"These models are of several datasets, {', '.join(digests.values())}.", "Name models of one dataset."
        )
    return dataset_of(run, models[0])
