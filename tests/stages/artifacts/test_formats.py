"""Arrays from outside: whose kind is told by their shape, and what a kind that registers no format makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from posectl.core.kinds import KINDS, Kind, kind
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.formats import ArrayFormat, as_many, format_of, infer_kind
from posectl.stages.artifacts.image_arrays import ImageArrays
from posectl.stages.artifacts.pose_arrays import PoseArrays


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ((17, 3), "poses"), ((51,), "poses"), ((9, 51), "poses"), ((9, 17, 3), "poses"), ((2, 9, 17, 3), "poses"),
        ((2, 9, 51), "poses"), ((9, 32, 3), "poses"), ((2, 9, 32, 3), "poses"), ((3,), "poses"), ((), "poses"),
        ((32, 32), "images"), ((1, 32, 32), "images"), ((3, 32, 32), "images"), ((7, 32, 32), "images"),
        ((7, 3, 32, 32), "images"), ((2, 9, 32, 32), "images"), ((2, 9, 3, 32, 32), "images"),
        ((2, 9, 1, 8, 3), "images"), ((64, 17, 3), "poses"), ((9, 63, 3), "poses"), ((9, 64, 3), "clouds"),
        ((512, 3), "clouds"), ((9, 512, 3), "clouds"), ((2, 9, 512, 3), "clouds"),
    ],
)  # fmt: skip
def test_a_shape_tells_poses_from_images_and_from_clouds(shape: tuple[int, ...], name: str) -> None:
    assert infer_kind(np.zeros(shape, np.float32), "a.npy").name == name


def test_a_shape_of_no_kind_is_told_with_its_file() -> None:
    with pytest.raises(InvalidInputError, match=r"a\.npy has shape \(1, 1, 1, 1, 1, 1\)") as caught:
        infer_kind(np.zeros((1,) * 6), "a.npy")
    assert "(N, 17, 3)" in caught.value.hint


@pytest.fixture
def clouds() -> Iterator[Kind]:
    """A kind from outside without a format of its own, registered for the length of a test."""

    @kind("known clouds")
    class Clouds(Kind):
        axes = ("point", "channel")
        nouns = "clouds"

        def accepts(self, shape: tuple[int, ...]) -> bool:
            return len(shape) == 2 and shape[1] == 4

    yield KINDS.get("known clouds")
    KINDS.unregister("known clouds")


@pytest.mark.parametrize("shape", [(50, 4), (9, 50, 4), (2, 9, 50, 4)])
def test_a_kind_from_outside_claims_its_shapes_before_images_do(clouds: Kind, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).normal(size=shape)
    assert infer_kind(array, "a.npy") is clouds
    np.testing.assert_array_equal(format_of(clouds).read(array, "a.npy"), array)
    assert infer_kind(np.zeros((9, 17, 3)), "a.npy").name == "poses"
    assert infer_kind(np.zeros((9, 1, 8, 8)), "a.npy").name == "images"


def test_samples_of_a_kind_without_a_format_are_float32_of_one_shape(clouds: Kind) -> None:
    form = format_of(clouds)
    assert type(form) is ArrayFormat
    array = np.random.default_rng(0).normal(size=(9, 50, 4))
    for given in (array, array[0]):
        samples = form.samples(given, (50, 4), "a.npy")
        assert samples.dtype == np.float32
        np.testing.assert_array_equal(samples, given.reshape(-1, 50, 4).astype(np.float32))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((2, 50, 4), int), "a.npy holds int64 of shape (2, 50, 4), and clouds are floats."),
        (np.zeros((0, 50, 4)), "a.npy holds float64 of shape (0, 50, 4), and clouds are floats."),
        (np.full((2, 50, 4), np.inf), "a.npy holds values that are NaN or infinite."),
    ],
    ids=["whole numbers", "none", "infinite"],
)
def test_what_are_no_floats_is_refused(clouds: Kind, array: np.ndarray, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        format_of(clouds).read(array, "a.npy")
    assert caught.value.message == said
    assert caught.value.hint


def test_poses_and_images_have_formats_of_their_own() -> None:
    assert isinstance(format_of(KINDS.get("poses")), PoseArrays)
    assert isinstance(format_of(KINDS.get("images")), ImageArrays)


def test_a_single_sample_counts_as_one_and_other_shapes_are_refused() -> None:
    assert as_many(np.zeros((4, 2)), (4, 2), "a.npy").shape == (1, 4, 2)
    assert as_many(np.zeros((7, 4, 2)), (4, 2), "a.npy").shape == (7, 4, 2)
    with pytest.raises(InvalidInputError, match=r"a\.npy has samples of shape \(4, 3\), and the model takes \(4, 2\)"):
        as_many(np.zeros((7, 4, 3)), (4, 2), "a.npy")
