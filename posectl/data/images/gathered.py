"""What a layout gives: images of one form, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from posectl.data.images.fit import check_size

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
