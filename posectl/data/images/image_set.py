"""The images of a layout, all of one shape, and what is known of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError


@dataclass
class ImageSet:
    """A set of images (N, C, S, S) float32 in [-1, 1]; for each, where they are known, its label (N,) 0 to K - 1 with K
    class names, its factors (N,), other columns (N,), and its split (N,)."""

    images: np.ndarray
    layout: str
    labels: np.ndarray | None = None
    class_names: Sequence[str] = ()
    factors: dict[str, np.ndarray] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    split: np.ndarray | None = None
    citation: str = ""


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key under which 9 comes before 10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def join(train: ImageSet, test: ImageSet) -> ImageSet:
    """Join a train and a test set, labels by the names of classes. Raises InvalidInputError where shapes differ."""
    if train.images.shape[1:] != test.images.shape[1:]:
        shapes = [" x ".join(map(str, part.images.shape[1:])) for part in (train, test)]
        message = f"Images for training are {shapes[0]} and those for test {shapes[1]}."
        raise InvalidInputError(message, "Bring them to one form: --size 32 --grey.")
    parts = (train, test)
    labels, names = None, sorted({*train.class_names, *test.class_names}, key=natural)
    if all(part.labels is not None for part in parts):
        place = {name: index for index, name in enumerate(names)}
        ours = [np.array([place[name] for name in part.class_names])[part.labels] for part in parts]
        labels = np.concatenate(ours).astype(np.int32)
    return ImageSet(
        images=np.concatenate([part.images for part in parts]),
        layout=train.layout,
        labels=labels,
        class_names=names,
        factors=_both(train.factors, test.factors),
        columns=_both(train.columns, test.columns),
        split=np.repeat(np.array([TRAIN, TEST], np.uint8), [len(part.images) for part in parts]),
        citation=train.citation,
    )


def _both(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([first[name], second[name]]) for name in first if name in second}
