"""Arrays from outside as samples or paths of a kind: one `ArrayFormat` a kind, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from posectl.core.kinds import KINDS, Kind
from posectl.data.foreign import Conventions
from posectl.errors import InvalidInputError, UsageError
from posectl.registry import Registry

Shape = Literal["paths", "samples"] | None
"""What an array is to be taken for; None: what its number of axes says."""


@dataclass(frozen=True)
class Taken:
    """An array from outside, (N, *shape) samples or (B, T, *shape) paths, and the name of its source.

    up: the vertical of poses; told: whether the user or the file named it; plain: whether the poses show it; human:
    whether they are of a person's size. warnings: sentences on what was assumed.
    """

    array: np.ndarray
    source: str
    up: str | None = None
    told: bool = False
    plain: bool = False
    human: bool = False
    warnings: tuple[str, ...] = ()


class ArrayFormat:
    """The file format of arrays of one kind. The base is for kinds that register none: floats, shaped as they are."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def claims(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an array of this shape is one sample, several, or paths."""
        return len(shape) <= 2 + len(self.kind.axes) and self.kind.accepts(shape[-len(self.kind.axes) :])

    def read(self, array: np.ndarray, source: str) -> np.ndarray:
        """Return samples (N, *shape) or paths (B, T, *shape). Raises InvalidInputError for what is neither."""
        return finite_floats(array, source, self.kind)

    def take(
        self, arrays: Mapping[str, np.ndarray], source: str, said: Conventions = Conventions(), shape: Shape = None
    ) -> Taken:
        """Take in the array `poses` of a file, as samples or paths. Raises UsageError for conventions of poses."""
        self.refuse(said, source)
        return Taken(as_shape(self.read(arrays["poses"], source), self.kind, shape), source)

    def place(self, taken: Taken, up: str | None, *, real: bool) -> tuple[np.ndarray, list[str]]:
        """Return what was taken in as it fits samples whose vertical is `up`, and sentences on what looks wrong.

        real: whether it is of real samples, or may be what a model made. up None: it is held against nothing.
        """
        return taken.array, list(taken.warnings)

    def samples(self, array: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
        """Return samples (N, *shape) float32 of this one shape. Raises InvalidInputError for others."""
        return as_many(self.read(array, source).astype(np.float32, copy=False), shape, source)

    def ends(
        self, arrays: Mapping[str, np.ndarray], shape: tuple[int, ...], source: str, said: Conventions, up: str | None
    ) -> tuple[np.ndarray, list[str]]:
        """Return the array `poses` of a file as `samples` does, as it fits those whose vertical is `up`, and sentences
        on what looks wrong."""
        self.refuse(said, source)
        return self.samples(arrays["poses"], shape, source), []

    def left_to_say(
        self, arrays: Mapping[str, np.ndarray], source: str, said: Conventions, *, subject: bool
    ) -> Conventions:
        """Return what is said of two files as it holds for one of them: less what it plainly shows by itself.

        A person's size in metres is such and, but for the subject, of which they are said first, the vertical and the
        joints of a body.
        """
        for joints, unit in product((said.joints,) if subject else (None, said.joints), (None, said.unit)):
            with suppress(InvalidInputError):
                shown = self.take(arrays, source, Conventions(unit, None, joints))
                if unit == said.unit or shown.human:
                    standing = not subject and (shown.told or shown.plain)
                    return Conventions(unit, None if standing else said.up, joints)
        return said

    def refuse(self, said: Conventions, source: str) -> None:
        """Raise UsageError for conventions of poses, unless there are none."""
        if said not in (Conventions(), Conventions(unit="m")):
            message = f"--unit, --up and --joints are of poses, and {source} holds {self.kind.name}."
            raise UsageError(message, "Leave them out.")


FORMATS: Registry[type[ArrayFormat]] = Registry("array format", "posectl.stages.artifacts", decorator="array_format")


def array_format(kind: str) -> Callable[[type[ArrayFormat]], type[ArrayFormat]]:
    """Decorator: register the array format of a kind."""
    return FORMATS.register(kind)


def format_of(kind: Kind) -> ArrayFormat:
    """Return the array format of a kind."""
    return (FORMATS.get(kind.name) if kind.name in FORMATS.names() else ArrayFormat)(kind)


def infer_kind(array: np.ndarray, source: str, said: Conventions = Conventions()) -> Kind:
    """Infer the kind of an array from its shape: poses before kinds from outside, and these before images; or poses,
    where joints are said.

    Raises InvalidInputError where no kind claims it.
    """
    if said.joints is not None:
        return KINDS.get("poses")
    last = {"poses": 0, "images": 2}
    for name in sorted(KINDS.names(), key=lambda name: (last.get(name, 1), name)):
        kind = KINDS.get(name)
        if format_of(kind).claims(array.shape):
            return kind
    raise InvalidInputError(f"{source} has shape {array.shape}, which is no sample.", "Poses are (N, 17, 3).")


def finite_floats(array: np.ndarray, source: str, kind: Kind, hint: str = "") -> np.ndarray:
    """Return an array of floats. Raises InvalidInputError for other numbers, none at all, NaN and infinity."""
    if array.dtype.kind != "f" or not array.size:
        raise InvalidInputError(
            f"{source} holds {array.dtype} of shape {array.shape}, and {kind.nouns} are floats"
            f"{' in [-1, 1]' if hint else ''}.",
            hint or "Save them as float32.",
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{source} holds values that are NaN or infinite.", f"Leave those {kind.nouns} out.")
    return array


def as_shape(array: np.ndarray, kind: Kind, shape: Shape) -> np.ndarray:
    """Return one path (T, *shape) as paths, or the steps of paths and a single sample as samples, if so asked."""
    rank = array.ndim - len(kind.axes)
    if shape == "paths" and rank == 1:
        return array[None]
    if shape == "samples" and rank in (0, 2):
        return array.reshape(-1, *array.shape[rank:])
    return array


def as_many(array: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
    """Return the array as (N, *shape), a single sample as N = 1. Raises InvalidInputError where the shapes differ."""
    if array.shape == shape:
        return array[None]
    if array.shape[1:] != shape:
        raise InvalidInputError(
            f"{source} has samples of shape {array.shape[-len(shape) :]}, and the model takes {shape}.",
            "Use a model that was trained on data of this shape.",
        )
    return array
