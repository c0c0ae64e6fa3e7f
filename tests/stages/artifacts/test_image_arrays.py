"""Images in files: paths with or without the axis of one channel, and single images in [-1, 1]."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.core.kinds import KINDS
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.formats import format_of

FORMAT = format_of(KINDS.get("images"))
IMAGES = np.random.default_rng(0).uniform(-1, 1, size=(6, 3, 8, 5))


@pytest.mark.parametrize(
    ("shape", "paths"),
    [((2, 3, 8, 15), (2, 3, 1, 8, 15)), ((2, 1, 3, 8, 15), (2, 1, 3, 8, 15)), ((3, 2, 1, 8, 15), (3, 2, 1, 8, 15))],
)
def test_paths_are_read_with_their_channels(shape: tuple[int, ...], paths: tuple[int, ...]) -> None:
    array = IMAGES.reshape(shape)
    read = FORMAT.read(array, "a.npy")
    assert (read.shape, read.dtype) == (paths, np.float32)
    np.testing.assert_array_equal(read.ravel(), array.astype(np.float32).ravel())


@pytest.mark.parametrize("shape", [(2, 3, 2, 4, 15), (6, 8, 15)])
def test_paths_of_other_channels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match="images have 1 or 3 channels") as caught:
        FORMAT.read(IMAGES.reshape(shape), "a.npy")
    assert "(B, T, C, H, W)" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ((8, 90), (1, 8, 90)),
        ((6, 8, 15), (1, 8, 15)),
        ((1, 8, 90), (1, 8, 90)),
        ((6, 1, 8, 15), (1, 8, 15)),
        ((6, 3, 8, 5), (3, 8, 5)),
    ],
)
def test_samples_are_taken_with_or_without_their_one_channel(given: tuple[int, ...], shape: tuple[int, ...]) -> None:
    array = IMAGES.reshape(given)
    samples = FORMAT.samples(array, shape, "a.npy")
    assert (samples.shape[1:], samples.dtype) == (shape, np.float32)
    np.testing.assert_array_equal(samples.ravel(), array.astype(np.float32).ravel())


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((8, 8), np.uint8), "a.npy holds uint8 of shape (8, 8), and images are floats in [-1, 1]."),
        (np.full((8, 8), np.nan), "a.npy holds values that are NaN or infinite."),
        (np.full((8, 8), 255.0), "a.npy has values from 255 to 255, and images are in [-1, 1]."),
        (np.zeros((2, 3, 8, 8)), "a.npy has samples of shape (3, 8, 8), and the model takes (1, 8, 8)."),
    ],
    ids=["bytes", "nan", "unscaled", "channels"],
)
def test_what_are_no_images_of_this_shape_is_refused(array: np.ndarray, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        FORMAT.samples(array, (1, 8, 8), "a.npy")
    assert caught.value.message == said
    assert caught.value.hint


def test_rounding_beyond_white_is_forgiven() -> None:
    assert FORMAT.samples(np.full((8, 8), 1.0005), (1, 8, 8), "a.npy").max() == np.float32(1.0005)
