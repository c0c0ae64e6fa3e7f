"""Poses from outside: their unit and vertical, told or found, and what is no body."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.joints import body, in_layout, truth

from posectl.data.axes import turned
from posectl.data.foreign import Conventions, load_poses, read_poses
from posectl.data.layouts import layout
from posectl.data.poses import guess_unit
from posectl.data.readers.mannequin import read as mannequin
from posectl.data.units import METRES
from posectl.errors import InvalidInputError

PEOPLE = mannequin([], subjects=2, seconds=1).samples
Y_UP = turned(PEOPLE, "+z", "+y")


@pytest.mark.parametrize("unit", METRES)
def test_people_show_their_unit_and_nothing_else_does(unit: str) -> None:
    assert guess_unit(PEOPLE / METRES[unit]) == unit
    for size in (0.5, 0.75):  # a toddler's and a child's; a tall one of these in feet is no one's in inches
        assert guess_unit(size * PEOPLE / METRES[unit]) in (unit, "m")
    points = np.random.default_rng(0).normal(size=(200, 17, 3)) / METRES[unit]
    assert guess_unit(points) == "m"


@pytest.mark.parametrize("unit", METRES)
def test_a_unit_that_is_named_is_converted_from(unit: str) -> None:
    poses = PEOPLE.astype(np.float64) / METRES[unit]
    for arrays, said in (({}, Conventions(unit=unit)), ({"unit": np.array(unit)}, Conventions())):  # type: ignore[arg-type]
        read = read_poses({"poses": poses, **arrays}, "a.npy", said, keep_double=True)
        assert read.unit == unit
        np.testing.assert_allclose(read.poses, PEOPLE, atol=1e-12)


@pytest.mark.parametrize("word", ["inches", "Inch", "feet", "metres", "Millimeters", "centimetres"])
def test_units_are_known_by_their_words(word: str) -> None:
    unit = {"i": "in", "f": "ft", "c": "cm"}.get(word[0].lower()) or ("mm" if "illi" in word else "m")
    assert read_poses({"poses": PEOPLE, "unit": np.array(word)}, "a.npz").unit == unit


def keypoints(third: object) -> np.ndarray:
    pixels = 500 + 200 * PEOPLE[:60, :, [0, 2]]
    return np.concatenate([pixels, np.broadcast_to(third, (60, 17))[..., None]], axis=2).astype(np.float32)


@pytest.mark.parametrize(
    ("third", "word"),
    [
        (np.random.default_rng(0).uniform(0.3, 1, (60, 17)), "two-dimensional keypoints with a score"),
        (np.random.default_rng(0).integers(0, 3, (60, 17)), "two-dimensional keypoints with a score"),
        (0, "two-dimensional keypoints: "),
    ],
)
@pytest.mark.parametrize("unit", [None, "cm"])
@pytest.mark.parametrize("centred", [False, True])
def test_keypoints_in_an_image_are_called_what_they_are(third: object, word: str, unit: str, centred: bool) -> None:
    poses = keypoints(third)
    with pytest.raises(InvalidInputError) as caught:
        read_poses({"poses": poses - poses[:, :1] if centred else poses}, "a.npy", Conventions(unit=unit))  # type: ignore[arg-type]
    assert word in caught.value.message
    assert "--unit" not in caught.value.hint


def test_people_who_are_thin_in_their_own_unit_are_no_keypoints() -> None:
    for metres in METRES.values():
        for axis in range(3):
            flat = PEOPLE / metres
            flat[..., axis] *= 0.2
            read_poses({"poses": flat}, "a.npy", Conventions(unit="m"))


def test_the_vertical_is_what_is_said_else_what_the_file_says_else_what_poses_show() -> None:
    for said, declared, up, told in ((None, None, "+y", False), (None, "z", "+z", True), ("-x", "z", "-x", True)):
        arrays = {"poses": Y_UP} | ({"up": np.array(declared)} if declared else {})
        read = read_poses(arrays, "a.npz", Conventions(up=said))  # type: ignore[arg-type]
        assert (read.up, read.told, read.plain) == (up, told, True)
    np.testing.assert_array_equal(read.poses, Y_UP)
    scattered = PEOPLE * np.random.default_rng(0).choice([-1, 1], size=(len(PEOPLE), 1, 1)).astype(np.float32)
    assert not read_poses({"poses": scattered}, "a.npy").plain


def test_poses_are_found_among_other_arrays_by_any_of_their_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", keypoints_3d=PEOPLE, scores=np.zeros(3), units="m", up_axis="z")
    arrays = load_poses(tmp_path / "a.npz")
    assert arrays.keys() == {"poses", "unit", "up"}
    np.testing.assert_array_equal(arrays["poses"], PEOPLE)
    np.savez(tmp_path / "b.npz", anything=PEOPLE)
    np.testing.assert_array_equal(load_poses(tmp_path / "b.npz")["poses"], PEOPLE)
    np.savez(tmp_path / "c.npz", this=PEOPLE, that=PEOPLE)
    with pytest.raises(InvalidInputError, match="this, that"):
        load_poses(tmp_path / "c.npz")


def test_double_precision_stays_where_it_is_asked_for_and_integers_are_no_poses() -> None:
    for dtype, keep, kept in (
        (np.float64, True, np.float64),
        (np.float64, False, np.float32),
        (np.float32, True, np.float32),
    ):
        assert read_poses({"poses": PEOPLE.astype(dtype)}, "a.npy", keep_double=keep).poses.dtype == kept
    with pytest.raises(InvalidInputError, match="int64"):
        read_poses({"poses": PEOPLE.astype(int)}, "a.npy")


@pytest.mark.parametrize("name", ["smpl22", "coco17", "mpi28"])
def test_a_joint_layout_is_what_is_said_else_what_the_file_says_and_tells_what_is_approximate(name: str) -> None:
    """MPI's files are in millimetres, which its bodies show."""
    places = body(50, spread=0.2)
    joints = np.nan_to_num(in_layout(places, name)) * (1000 if name == "mpi28" else 1)
    said = read_poses({"poses": joints}, "a.npy", Conventions(joints=name), keep_double=True)  # type: ignore[arg-type]
    assert said.layout.name == name
    limbs = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]
    np.testing.assert_allclose(said.poses[:, limbs], truth(places)[:, limbs], atol=1e-9)
    assert said.warnings[0].startswith(f"a.npy: approximate joints of {name}: ")
    declared = read_poses({"poses": joints, "joints": np.array(layout(name).names)}, "a.npy", keep_double=True)
    np.testing.assert_array_equal(declared.poses, said.poses)
