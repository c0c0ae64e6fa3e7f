"""The parts common to sources that draw clouds of several classes: the check of their options, and the split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.data.clouds.surface import check_points
from posectl.data.dataset import TEST, TRAIN
from posectl.errors import UsageError, did_you_mean

_FIFTH = 5


def check_drawing(
    paths: Sequence[Path], names: Sequence[str], known: Sequence[str], what: tuple[str, str], points: int, count: int,
    seed: int,
) -> None:  # fmt: skip
    """Raise UsageError for options that make no sense; what: the noun of a name, and the option that lists them."""
    noun, flag = what
    if paths:
        raise UsageError("This source draws its clouds, and reads no files.", "Use `posectl prepare clouds` for files.")
    for name in names:
        if name not in known:
            raise UsageError(f"There is no {noun} {name!r}.", did_you_mean(name, known))
    if len(set(names)) < len(names):
        raise UsageError(f"A {noun} is named twice.", f"{flag} {','.join(dict.fromkeys(names))}")
    check_points(points)
    if count < 2:
        raise UsageError(f"A train and a test split need two of each {noun}, not {count}.", "Try --count 100.")
    if seed < 0:
        raise UsageError(f"A seed is not negative, and {seed} is.", "Try --seed 0.")


def last_fifths(count: int, classes: int) -> np.ndarray:
    """Return the split (N,) of so many samples of each class, one class after another: the last fifth of each, and at
    least one, is for test."""
    test = max(1, round(count / _FIFTH))
    return np.tile(np.repeat(np.array([TRAIN, TEST], np.uint8), (count - test, test)), classes)
