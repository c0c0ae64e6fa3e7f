"""The requested form of images, and notes of the conversions to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from posectl.data.images.size import check_size


@dataclass
class Request:
    """The requested form of images, with notes of the conversions to it.

    size: their side in pixels, or None for their own. range: the values of black and white, or None to tell them from
    the values; whites: type of pixels -> the value of white that was told. steps: conversions of all of them. warned:
    sentences to warn with. noted: a sentence's end -> the names of the pictures that it is about.
    """

    size: int | None = None
    grey: bool = False
    skip_broken: bool = False
    range: tuple[float, float] | None = None
    progress: Callable[[int, int, str], None] | None = None
    whites: dict[str, int] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    noted: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size is not None:
            check_size(self.size)

    def step(self, done: str) -> None:
        """Note a conversion of all images, once."""
        if done not in self.steps:
            self.steps.append(done)

    def note(self, name: str, what: str) -> None:
        """Note a sentence's end for one picture."""
        self.noted.setdefault(what, []).append(name)

    @property
    def warnings(self) -> list[str]:
        """All sentences to warn with."""
        counted = (f"{len(names):,} images {what} (the first is {names[0]})." for what, names in self.noted.items())
        return [*self.warned, *counted]
