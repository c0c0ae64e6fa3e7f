"""The train and test split of images."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from posectl.data.dataset import TEST, TRAIN
from posectl.data.images.image_set import ImageSet
from posectl.errors import InvalidInputError, UsageError, did_you_mean

Split = Literal["random", "azimuth", "object"]

_FIFTH = 5
_PURPOSE = 80_20  # keeps this stream apart from others of the same seed


def random_fifth(count: int, seed: int) -> np.ndarray:
    """Draw a fifth, and at least one, to be the test split: (count,) uint8."""
    split = np.full(count, TRAIN, np.uint8)
    chosen = np.random.default_rng([seed, _PURPOSE]).permutation(count)
    split[chosen[: max(1, round(count / _FIFTH))]] = TEST
    return split


def train_test_split(image_set: ImageSet, how: Split | None, seed: int) -> tuple[np.ndarray, str]:
    """Return (split (N,) uint8, its description): as requested, else as the files say, else a random fifth for test."""
    count = len(image_set.images)
    if count < 2:
        raise InvalidInputError("One image is no dataset.", "Name a folder with more of them.")
    if how is None and image_set.split is not None:
        return image_set.split, "as the files say"
    if how is None or how == "random":
        return random_fifth(count, seed), f"a fifth of the images to test, drawn by seed {seed}"
    if how not in get_args(Split):
        raise UsageError(f"There is no split {how!r}.", did_you_mean(how, get_args(Split)))
    column = {**image_set.factors, **image_set.columns}.get(how)
    if column is None or len(np.unique(column)) < 2:
        known = "no" if column is None else "one"
        raise UsageError(f"These images have {known} {how} to split by.", "Leave --split out for a random fifth.")
    values, index = np.unique(column, return_inverse=True)
    if how == "object":
        test = random_fifth(len(values), seed) == TEST
        description = f"whole objects, {', '.join(f'{value:g}' for value in values[test])} to test"
    else:
        test = np.arange(len(values)) % _FIFTH == _FIFTH - 1
        description = f"every fifth {how} to test"
    return np.where(test[index], TEST, TRAIN).astype(np.uint8), description
