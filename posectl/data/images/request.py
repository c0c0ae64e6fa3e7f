"""The form in which images are wanted, and notes of what was done to bring them to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from posectl.data.images.size import check_size


@dataclass
class Request:
    """The form that images are wanted in, what was done to bring them to it, and what of that a user should hear.

    size: their side in pixels, or None for the side that they have. steps: what was done to them all. warned: sentences
    to warn with. noted: a sentence's end -> the names of the pictures that it is about.
    """

    size: int | None = None
    grey: bool = False
    skip_broken: bool = False
    progress: Callable[[int, int, str], None] | None = None
    steps: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    noted: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size is not None:
            check_size(self.size)

    def step(self, done: str) -> None:
        if done not in self.steps:
            self.steps.append(done)

    def note(self, name: str, what: str) -> None:
        self.noted.setdefault(what, []).append(name)

    @property
    def warnings(self) -> list[str]:
        counted = (f"{len(names):,} images {what} (the first is {names[0]})." for what, names in self.noted.items())
        return [*self.warned, *counted]
