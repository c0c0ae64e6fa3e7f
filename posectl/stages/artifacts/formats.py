"""Arrays from outside as samples or paths of a kind: one `ArrayFormat` a kind, in a file of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from posectl.core.kinds import KINDS, Kind
from posectl.errors import InvalidInputError
from posectl.registry import Registry


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

    def samples(self, array: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
        """Return samples (N, *shape) float32 of this one shape. Raises InvalidInputError for others."""
        return as_many(self.read(array, source).astype(np.float32, copy=False), shape, source)


FORMATS: Registry[type[ArrayFormat]] = Registry("array format", "posectl.stages.artifacts", decorator="array_format")


def array_format(kind: str) -> Callable[[type[ArrayFormat]], type[ArrayFormat]]:
    """Decorator: register the array format of a kind."""
    return FORMATS.register(kind)


def format_of(kind: Kind) -> ArrayFormat:
    """Return the array format of a kind."""
    return (FORMATS.get(kind.name) if kind.name in FORMATS.names() else ArrayFormat)(kind)


def infer_kind(array: np.ndarray, source: str) -> Kind:
    """Infer the kind of an array from its shape: poses before kinds from outside, and these before images.

    Raises InvalidInputError where no kind claims it.
    """
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
