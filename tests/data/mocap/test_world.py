"""Unit and up axis, found from the body."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from data.mocap.person import STANDING, person_bvh, still
from scipy.spatial.transform import Rotation

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.mocap.world import METRES, decide_up, upright
from posectl.data.poses import AXES
from posectl.errors import InvalidInputError

# The offsets of a person drawn with z up, facing -y: x stays, y goes to z.
Z_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])


def clip_of(tmp_path, text, **options):
    path = tmp_path / "a.bvh"
    path.write_text(text)
    return read_clip(MotionFile(path), Options(**options))


@pytest.mark.parametrize("unit", METRES)
def test_every_unit_is_found_from_the_thigh(tmp_path, unit):
    clip = clip_of(tmp_path, person_bvh(still(), scale=1 / METRES[unit]))
    assert clip.unit == unit
    np.testing.assert_allclose(clip.poses[0], STANDING, atol=1e-5)
    np.testing.assert_allclose(clip.root[0], [0, 0, 0.95], atol=1e-5)


def test_no_two_units_make_one_thigh_a_persons():
    bounds = sorted((0.3 / metres, 0.6 / metres) for metres in METRES.values())
    assert all(a[1] < b[0] for a, b in itertools.pairwise(bounds))


def test_a_thigh_in_no_unit_is_an_error_that_says_how_long_it_is(tmp_path):
    with pytest.raises(InvalidInputError, match=r"its unit is unknown, for its thigh is 1076 units long") as error:
        clip_of(tmp_path, person_bvh(still(), scale=2500 / 0.999))
    assert "--unit" in error.value.hint


def test_a_given_unit_is_taken_and_doubted(tmp_path):
    clip = clip_of(tmp_path, person_bvh(still(), scale=3.28), unit="m")
    assert clip.unit == "m"
    assert clip.warnings == ("in m, as --unit says, its thigh is 1.41 m long.",)


@pytest.mark.parametrize("up", AXES)
def test_the_turn_upright_is_a_rotation(up):
    rotation = upright(up)
    axis = np.zeros(3)
    axis["xyz".index(up[1])] = -1 if up[0] == "-" else 1
    np.testing.assert_array_equal(rotation @ axis, [0, 0, 1])
    np.testing.assert_array_equal(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_y_up_becomes_z_up_as_x_minus_z_y():
    np.testing.assert_array_equal(upright("+y") @ [1, 2, 3], [1, -3, 2])
    np.testing.assert_array_equal(upright("+z"), np.eye(3))


def test_a_person_drawn_with_z_up_comes_out_as_the_one_with_y_up(tmp_path):
    rows = [[0.01 * t, 0, 0.95, 0, 0, 0] for t in range(4)]
    clip = clip_of(tmp_path, person_bvh(rows, axes=Z_UP))
    assert clip.up == "+z"
    np.testing.assert_allclose(clip.poses[0], STANDING, atol=1e-6)
    np.testing.assert_allclose(clip.root[3], [0.03, 0, 0.95], atol=1e-6)


def test_a_known_skeleton_exported_again_in_another_unit_and_axis_reads_the_same(tmp_path, test_data):
    """12_01 as a tool with z up and centimetres would write it: turned offsets, and rotations about the turned axes."""
    text = (test_data / "raw/cmu/12_01.bvh").read_text()
    original = tmp_path / "12_01.bvh"
    original.write_text(text)
    head, _, motion = text.partition("Frame Time: .0083333\n")
    factor = METRES["cmu"] / METRES["cm"]
    lines = []
    for line in head.split("\n"):
        indent, offset, values = line.partition("OFFSET")
        if offset:
            x, y, z = factor * np.array(values.split(), float)
            line = f"{indent}OFFSET {x:.6f} {-z:.6f} {y:.6f}"
        lines.append(line)
    table = np.loadtxt(motion.split("\n"))
    table[:, :3] = factor * table[:, [0, 2, 1]] * [1, -1, 1]
    for column in range(3, table.shape[1], 3):
        turned = Z_UP @ Rotation.from_euler("ZYX", table[:, column : column + 3], degrees=True).as_matrix() @ Z_UP.T
        table[:, column : column + 3] = Rotation.from_matrix(turned).as_euler("ZYX", degrees=True)
    rows = "\n".join(" ".join(f"{value:.7f}" for value in row) for row in table)
    before = read_clip(MotionFile(original), Options())
    after = clip_of(tmp_path, "\n".join(lines) + f"Frame Time: .0083333\n{rows}\n")
    assert (before.up, before.unit, after.up, after.unit) == ("+y", "cmu", "+z", "cm")
    np.testing.assert_allclose(after.poses, before.poses, atol=1e-5)
    np.testing.assert_allclose(after.root, before.root, atol=1e-5)


def test_somebody_who_lies_down_is_not_stood_up(tmp_path):
    """At rest the trunk points along y and in motion along z; only a map or the user can say which is up."""
    lying = [[0.01 * t, 0.2, 0, 0, 90, 0] for t in range(4)]
    with pytest.raises(InvalidInputError, match=r"points along \+z in the motion and along \+y at rest") as error:
        clip_of(tmp_path, person_bvh(lying))
    assert error.value.hint == "If people stand in it, give --up +z; if they lie, --up +y."
    clip = clip_of(tmp_path, person_bvh(lying), up="+y")
    np.testing.assert_allclose(
        clip.poses[0] @ Rotation.from_euler("x", 90, degrees=True).as_matrix(), STANDING, atol=1e-5
    )


def test_a_body_of_which_nothing_shows_its_up_axis_is_refused(tmp_path):
    """It is laid out along x at rest, as in files whose bones all are, and turns over and over."""
    text = person_bvh([[0, 0.95, 0, 90 * t, 0, 0] for t in range(4)]).replace("0.000000 -0.430000", "0.000000 0.430000")
    with pytest.raises(InvalidInputError, match="points along no one axis in the motion and along none at rest"):
        clip_of(tmp_path, text)


@pytest.mark.parametrize(
    ("moving", "resting", "declared", "up"),
    [
        ("+y", "+y", None, "+y"),
        ("+y", None, None, "+y"),
        (None, "+z", None, "+z"),
        ("+z", "+z", "+y", "+z"),
        ("+z", "+y", "+y", "+y"),
        ("+z", None, "+y", "+y"),
        (None, None, "-y", "-y"),
        ("+x", "+z", "+y", "+y"),
    ],
)
def test_two_that_agree_decide_and_a_map_decides_else(moving, resting, declared, up, tmp_path):
    assert decide_up(moving, resting, declared, tmp_path) == up
