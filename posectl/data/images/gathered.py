"""What a layout gives: images of one form, and what is known of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from posectl.data.dataset import TEST, TRAIN
from posectl.data.images.fit import check_size
from posectl.errors import InvalidInputError

Progress = Callable[[int, int, str], None]


@dataclass
class Request:
    """How the images are wanted, what was done to make them so, and what of it a user should hear.

    size: their side in pixels, or None for the side that they have. steps: what was done to them all. said: sentences
    to warn with. odd: a sentence's end -> the names of the pictures that it is about.
    """

    size: int | None = None
    grey: bool = False
    skip_broken: bool = False
    progress: Progress | None = None
    steps: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    odd: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size is not None:
            check_size(self.size)

    def step(self, done: str) -> None:
        if done not in self.steps:
            self.steps.append(done)

    def note(self, name: str, what: str) -> None:
        self.odd.setdefault(what, []).append(name)

    @property
    def warnings(self) -> list[str]:
        counted = (f"{len(names):,} images {what} (the first is {names[0]})." for what, names in self.odd.items())
        return [*self.said, *counted]


@dataclass
class Gathered:
    """images (N, C, S, S) float32 in [-1, 1]; of each its label (N,) 0 to K - 1 with K class names, its factors (N,)
    and other columns (N,), and its split (N,), where they are known."""

    images: np.ndarray
    layout: str
    labels: np.ndarray | None = None
    class_names: Sequence[str] = ()
    factors: dict[str, np.ndarray] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    split: np.ndarray | None = None
    citation: str = ""


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts 9 before 10."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def joined(train: Gathered, test: Gathered) -> Gathered:
    """Both as one; labels go by the names of the classes. Raises InvalidInputError where their shapes differ."""
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
    return Gathered(
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
