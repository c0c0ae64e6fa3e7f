"""Poses in files: a pose, poses and paths in three layouts, in metres, float64 as it is."""

from __future__ import annotations

import numpy as np
import pytest
from data.joints import H36M32_TO_17

from posectl.core.kinds import KINDS
from posectl.data.foreign import Conventions
from posectl.data.readers.mannequin import read as mannequin
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.formats import format_of

FORMAT = format_of(KINDS.get("poses"))
PEOPLE = mannequin([], subjects=2, seconds=0.5).samples
POSES = 0.5 * np.random.default_rng(0).normal(size=(200, 17, 3))


@pytest.mark.parametrize("shape", [(17, 3), (51,), (200, 51), (200, 17, 3), (4, 50, 17, 3), (4, 50, 51)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_pose_poses_and_paths_are_read_as_they_are(shape: tuple[int, ...], dtype: type) -> None:
    array = POSES.astype(dtype)[: int(np.prod(shape)) // 51].reshape(shape)
    read = FORMAT.read(array, "a.npy")
    assert read.shape == (shape if shape[-1] == 3 else (*shape[:-1], 17, 3))
    assert read.dtype == dtype
    np.testing.assert_array_equal(read.ravel(), array.ravel())


def test_of_32_joints_17_are_taken() -> None:
    full = np.full((4, 50, 32, 3), 9.0)
    full[:, :, H36M32_TO_17] = POSES.reshape(4, 50, 17, 3)
    for array in (full, full.reshape(4, 50, 96)):
        np.testing.assert_array_equal(FORMAT.read(array, "a.npy"), POSES.reshape(4, 50, 17, 3))
    assert FORMAT.claims((200, 96))
    assert not FORMAT.claims((200, 96, 96))


def test_rows_of_rotations_are_claimed_to_be_refused_by_name() -> None:
    for width in (72, 156, 165):
        assert FORMAT.claims((40, width))
        with pytest.raises(InvalidInputError, match="rotations of SMPL's joints"):
            FORMAT.read(np.cumsum(np.full((40, width), 0.02), axis=0), "a.npy")


def test_half_precision_becomes_single() -> None:
    assert FORMAT.read(POSES.astype(np.float16), "a.npy").dtype == np.float32


@pytest.mark.parametrize(
    ("factor", "word"), [(1000, "millimetres"), (100, "centimetres"), (1 / 0.0254, "inches"), (1 / 0.3048, "feet")]
)
def test_poses_plainly_in_another_unit_are_refused(factor: float, word: str) -> None:
    with pytest.raises(InvalidInputError, match=f"a.npy seems to be in {word}"):
        FORMAT.read(factor * PEOPLE, "a.npy")


@pytest.mark.parametrize("factor", [1, 0.5, 1.5, 100, 1000])
def test_points_that_are_no_body_are_taken_for_none_in_another_unit(factor: float) -> None:
    np.testing.assert_array_equal(FORMAT.read(factor * POSES, "a.npy"), factor * POSES)


def test_a_scale_that_is_no_unit_is_left_alone() -> None:
    np.testing.assert_array_equal(FORMAT.read(7 * POSES, "a.npy"), 7 * POSES)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (POSES[:, :16], "16 joints"), (POSES[0, 0], r"shape \(3,\)"), (POSES[:0], "no poses"),
        (POSES.astype(int), "int64 values"), (POSES + 0j, "complex"), (POSES * np.nan, "NaN or infinity in 200 of 200"),
    ],
    ids=["joints", "rank", "none", "integers", "complex", "nan"],
)  # fmt: skip
def test_what_are_no_poses_is_refused(array: np.ndarray, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        FORMAT.read(array, "a.npy")
    assert caught.value.hint


def test_samples_stand_about_their_pelvis_in_single_precision() -> None:
    def ends(array, shape=(17, 3)):
        return FORMAT.ends({"poses": array}, shape, "a.npy", Conventions(), None)[0]

    samples = ends(POSES[:9])
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, POSES[:9] - POSES[:9, :1], atol=1e-6)
    assert ends(POSES[0].ravel()).shape == (1, 17, 3)
    with pytest.raises(InvalidInputError, match="the model takes"):
        ends(POSES, (5, 3))
