"""The ASF and AMC parsers and their kinematics: golden bone ends, closed forms, and files that are neither."""

from __future__ import annotations

import numpy as np
import pytest
from data.mocap.stick import AMC, ASF
from scipy.spatial.transform import Rotation

from posectl.data.mocap.amc import find_asf, read_amc
from posectl.data.mocap.kinematics import forward
from posectl.errors import InvalidInputError, NotFoundError


@pytest.fixture
def take(tmp_path):
    (tmp_path / "07.asf").write_text(ASF)
    (tmp_path / "07_01.amc").write_text(AMC)
    return tmp_path / "07_01.amc"


def ends(amc):
    recording = read_amc(amc, find_asf(amc))
    places, _ = forward(recording, recording.local(np.arange(recording.frames)))
    return {name: places[:, i] for i, name in enumerate(recording.names)}


def test_bone_ends_are_the_golden_ones(test_data):
    golden = np.load(test_data / "raw/golden_fk.npz")
    nodes = ends(test_data / "raw/cmu/01_01.amc")
    for node, expected in zip(golden["cmu|01_01.amc|names"], golden["cmu|01_01.amc"].swapaxes(0, 1), strict=True):
        np.testing.assert_allclose(nodes[node.replace("(end)", ".end")][:4], expected, atol=1e-9)


def test_a_bone_turns_about_its_own_axes(take):
    def turn(*angles):
        return Rotation.from_euler("xyz", angles, degrees=True).as_matrix()

    def about(axis, *angles):
        return turn(*axis) @ turn(*angles) @ turn(*axis).T

    nodes = ends(take)
    start = np.array([1, 2, 3])
    np.testing.assert_allclose(nodes["upper.end"][0], start + np.array([0, -2, 0]), atol=1e-12)
    root = turn(50, 60, 70)
    upper = root @ about((10, 20, 30), 11, 12, 13)
    lower = upper @ about((0, 0, 40), 21, 0, 0)
    np.testing.assert_allclose(nodes["upper.end"][1], start + upper @ [0, -2, 0], atol=1e-12)
    np.testing.assert_allclose(nodes["Lower.end"][1], start + upper @ [0, -2, 0] + lower @ [3, 0, 0], atol=1e-12)
    np.testing.assert_allclose(nodes["stiff.end"][1], start + root @ [0, 0, 4], atol=1e-12)
    np.testing.assert_allclose(nodes["Lower"][1], nodes["upper.end"][1], atol=1e-12)


def test_radians_give_the_same_as_degrees(take):
    expected = ends(take)
    lines = []
    for line in AMC.replace(":DEGREES", ":RADIANS").split("\n"):
        name, *values = line.split() or [""]
        keep = 3 if name == "root" else 0
        turned = [repr(np.deg2rad(float(value)).item()) for value in values[keep:]]
        lines.append(" ".join([name, *values[:keep], *turned]))
    take.write_text("\n".join(lines))
    for name, places in ends(take).items():
        np.testing.assert_allclose(places, expected[name], atol=1e-12)


def test_the_position_of_the_root_at_rest_is_added_to_its_motion(take):
    """HDM05's parser: the root's translation and the offset of the skeleton's first node."""
    expected = ends(take)
    skeleton = take.parent / "07.asf"
    skeleton.write_text(ASF.replace("position 0 0 0", "position 0.5 -2 1e1"))
    for name, places in ends(take).items():
        np.testing.assert_allclose(places, expected[name] + [0.5, -2, 10], atol=1e-12)


def test_the_order_of_the_bones_is_the_first_frames(take):
    expected = ends(take)
    take.write_text(
        AMC.replace("upper 0 0 0\nLower 0\n", "Lower 0\nupper 0 0 0\n").replace(
            "upper 11 12 13\nLower 21\n", "Lower 21\nupper 11 12 13\n"
        )
    )
    np.testing.assert_allclose(ends(take)["Lower.end"], expected["Lower.end"], atol=1e-12)


def test_line_ends_and_blank_lines_do_not_matter(take):
    expected = ends(take)
    for text in (AMC.replace("\n", "\r\n"), AMC.replace("2\n", "\n  \n2\n"), AMC + "\n\n", AMC.rstrip()):
        take.write_bytes(text.encode())
        np.testing.assert_array_equal(ends(take)["Lower.end"], expected["Lower.end"])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("upper 11 12 13", "upper 11 12", "frame 2: upper has 2 values, where its skeleton has 3"),
        ("upper 11 12 13", "upper 11 12 13 14", "frame 2: upper has 4 values, where its skeleton has 3"),
        ("upper 11 12 13\nLower 21", "Lower 21\nupper 11 12 13", "frame 2: 'Lower' stands where 'upper' should"),
        ("upper 11 12 13\nLower 21\n", "", "ends in the middle of frame 2"),
        ("Lower 21\n", "", "ends in the middle of frame 2"),
        ("Lower 21", "Lower nan", "frame 2, column 11: 'nan' is no finite number"),
        ("Lower 21", "Lower x", "frame 2, column 11: 'x' is no finite number"),
        ("\n2\n", "\n3\n", "frame 1 is followed by frame 3"),
        ("\n2\n", "\n", "line 8: 'root' comes twice in a frame"),
        ("upper 0 0 0", "thigh 0 0 0", "line 6: 'thigh' is no bone of 07.asf"),
        ("upper 0 0 0\n", "", "its first frame lacks the bones upper of 07.asf"),
        ("Lower 0\n", "Lower 0\nLower 0\n", "line 8: 'Lower' comes twice in a frame"),
        (
            "\n1\nroot 1 2 3 0 0 0\nupper 0 0 0\nLower 0\n2\nroot 1 2 3 50 60 70\nupper 11 12 13\nLower 21\n",
            "\n",
            "no frames",
        ),
    ],
)
def test_a_broken_amc_is_refused_with_its_place(take, old, new, said):
    assert old in AMC
    take.write_text(AMC.replace(old, new, 1))
    with pytest.raises(InvalidInputError) as error:
        ends(take)
    assert said in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":bonedata", ":bones", "there is no :bonedata section"),
        (":root", ":rot", "there is no :root section"),
        (":hierarchy", "#", "there is no :hierarchy section"),
        ("order TX TY TZ RX RY RZ", "order TX TY TZ RX RY", "not some order of TX TY TZ RX RY RZ"),
        ("position 0 0 0", "position 0 0", "'0 0' is not 3 numbers"),
        ("orientation 0 0 0", "orientation 0 0 x", "'0 0 x' is not 3 numbers"),
        ("direction 0 -1 0", "direction 0 -1", "'0 -1' is not 3 numbers"),
        ("length 2", "length nan", "'nan' is not 1 number"),
        ("axis 10 20 30 XYZ", "axis 10 20 30 XYY", "is not three angles and an order such as XYZ"),
        ("dof rx ry rz", "dof rx ry tz", "posectl reads rx, ry and rz"),
        ("dof rx ry rz", "dof rx rx rz", "posectl reads rx, ry and rz"),
        ("name upper", "name Lower", "two bones are called 'Lower'"),
        ("name upper", "", "a bone without a name"),
        ("name upper", "name root", "a bone is called 'root'"),
        ("upper Lower", "upper Lower foot", "'foot' is in the hierarchy, but is no bone"),
        ("upper Lower", "upper Lower upper", "'upper' is twice in the hierarchy"),
        ("root upper stiff", "root stiff", "the hierarchy names 'upper' before its parent"),
        ("    root upper stiff\n    upper Lower\n", "", "the hierarchy is empty"),
        ("  end\n:hierarchy", ":hierarchy", "the file ends inside the bone 'stiff'"),
        ("  begin\n     id 1", "     id 1", "'id' stands outside of a bone"),
    ],
)
def test_a_broken_asf_is_refused(take, old, new, said):
    assert old in ASF
    take.with_name("07.asf").write_text(ASF.replace(old, new, 1))
    with pytest.raises(InvalidInputError) as error:
        ends(take)
    assert said in error.value.message
    assert error.value.hint


def test_an_amc_takes_the_asf_of_its_own_name_then_its_subjects_then_the_only_one(tmp_path):
    amc = tmp_path / "07_01.amc"
    (tmp_path / "whoever.ASF").touch()
    assert find_asf(amc).name == "whoever.ASF"
    (tmp_path / "07.asf").touch()
    assert find_asf(amc).name == "07.asf"
    (tmp_path / "07_01.asf").touch()
    assert find_asf(amc).name == "07_01.asf"
    offered = tmp_path / "elsewhere" / "any.asf"
    assert find_asf(amc, (offered,)) == offered


def test_an_amc_without_its_asf_is_not_found(tmp_path):
    amc = tmp_path / "07_01.amc"
    with pytest.raises(NotFoundError, match=r"has no skeleton: no \.asf is beside it") as error:
        find_asf(amc)
    assert "07.asf" in error.value.hint
    (tmp_path / "01.asf").touch()
    (tmp_path / "02.asf").touch()
    with pytest.raises(NotFoundError, match=r"none of 01\.asf, 02\.asf bears its name"):
        find_asf(amc)
