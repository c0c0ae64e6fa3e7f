"""Joint maps in YAML: each form of a joint, and maps that are none."""

from __future__ import annotations

import numpy as np
import pytest
from data.mocap.person import STANDING, person_bvh, still

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.mocap.jointmap import read_map
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, NotFoundError

PLAIN = {
    "Hip": "Hips", "RHip": "RightUpLeg", "RKnee": "RightLeg", "RFoot": "RightFoot", "LHip": "LeftUpLeg",
    "LKnee": "LeftLeg", "LFoot": "LeftFoot", "Spine": "Spine1", "Thorax": "Neck", "Neck/Nose": "Head",
    "Head": "HeadTop_End", "LShoulder": "LeftArm", "LElbow": "LeftForeArm", "LWrist": "LeftHand",
    "RShoulder": "RightArm", "RElbow": "RightForeArm", "RWrist": "RightHand",
}  # fmt: skip


def map_text(more: str = "", **joints: str) -> str:
    return more + "joints:\n" + "".join(f"  {joint}: {joints.get(joint, node)}\n" for joint, node in PLAIN.items())


def joint(tmp_path, name: str, form: str, more: str = "", root: list[float] | None = None) -> np.ndarray:
    """Where a joint comes out, in metres about the pelvis, of a person who is drawn in centimetres."""
    (tmp_path / "map.yaml").write_text(map_text(more, **{name: form}))
    (tmp_path / "a.bvh").write_text(person_bvh([root or still()[0]], scale=100))
    clip = read_clip(MotionFile(tmp_path / "a.bvh"), Options(own_map=read_map(tmp_path / "map.yaml")))
    assert clip.unit == "cm"
    return clip.poses[0, H36M17.joints.index(name)]


def test_a_node_is_a_joint(tmp_path):
    for index, name in enumerate(H36M17.joints):
        np.testing.assert_allclose(joint(tmp_path, name, PLAIN[name]), STANDING[index], atol=1e-6)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{at: Head}", (0, -0.02, 0.6)),
        ("{from: Neck, to: Head, times: 0.5}", (0, -0.01, 0.55)),
        ("{from: LeftForeArm, to: LeftHand, times: 1.5}", (0.47 + 1.5 * 0.26, 0, 0.45)),
        ("{from: LeftForeArm, to: LeftHand, beyond: 0.1}", (0.73 + 0.1, 0, 0.45)),
        ("{blend: {LeftHand: 0.25, RightArm: 0.75}}", (0.25 * 0.73 - 0.75 * 0.19, 0, 0.45)),
        ("[LeftThumb, {at: LeftHand}, RightHand]", (0.73, 0, 0.45)),
        ("[LeftHand.end, RightHand]", (-0.73, 0, 0.45)),
        ("HeadTop_End.end", (0, -0.05, 0.78)),
    ],
)
def test_each_form_places_the_joint_where_it_says(tmp_path, form, expected):
    np.testing.assert_allclose(joint(tmp_path, "LWrist", form), expected, atol=1e-6)


def test_a_shift_turns_with_its_node(tmp_path):
    shifts = "shifts:\n  own: {node: Spine1}\n  back: {node: Hips, axis: -z, length: 0.08}\n"
    np.testing.assert_allclose(joint(tmp_path, "Head", "{at: Head, shift: own}", shifts), (0, -0.02, 0.72), atol=1e-6)
    np.testing.assert_allclose(joint(tmp_path, "Head", "{at: Head, shift: back}", shifts), (0, 0.06, 0.6), atol=1e-6)
    # Turned by 90 deg about the vertical the person faces where the left hand was, and backwards is away from there.
    turned = joint(tmp_path, "Head", "{at: Head, shift: back}", shifts, root=[0, 0.95, 0, 0, 0, 90])
    np.testing.assert_allclose(turned, (0.02 - 0.08, 0, 0.6), atol=1e-6)


def test_a_shift_goes_from_node_to_node_or_along_the_normal_of_three(tmp_path):
    """The person's left is on +x: from right to left hip is +x, and left x up is forwards, which is -y here."""
    shifts = (
        "shifts:\n  left: {from: RightUpLeg, to: LeftUpLeg, length: 0.1}\n"
        "  ahead: {plane: [Hips, LeftUpLeg, Neck], length: 0.05}\n"
    )
    at, left, ahead = (
        joint(tmp_path, "Head", f"{{at: Neck{shift}}}", shifts) for shift in ("", ", shift: left", ", shift: ahead")
    )
    np.testing.assert_allclose(left - at, (0.1, 0, 0), atol=1e-6)
    hips, hip = joint(tmp_path, "Hip", "Hips", ""), joint(tmp_path, "LHip", "LeftUpLeg", "")
    normal = np.cross(hip - hips, at - hips)
    np.testing.assert_allclose(ahead - at, 0.05 * normal / np.linalg.norm(normal), atol=1e-6)


def test_nodes_may_have_names_that_yaml_takes_for_other_things(tmp_path):
    (tmp_path / "map.yaml").write_text(map_text(Hip="No", RHip="1", LHip="null", Head="1.5"))
    joints = dict(zip(H36M17.joints, read_map(tmp_path / "map.yaml").joints, strict=True))
    assert [joints[name][0].nodes for name in ("Hip", "RHip", "LHip", "Head")] == [("No",), ("1",), ("null",), ("1.5",)]


def test_what_a_map_says_of_the_file_is_kept(tmp_path):
    more = "about: x\nnodes: [Tail]\nup: -z\nunit: mm\nfps: 59.94\nt_pose: true\ncitation: Me, 2020.\n"
    (tmp_path / "mine.yaml").write_text(map_text(more))
    read = read_map(tmp_path / "mine.yaml")
    assert (read.name, read.about, read.nodes, read.up, read.unit) == ("mine", "x", ("Tail",), "-z", "mm")
    assert (read.fps, read.t_pose, read.citation) == (59.94, True, "Me, 2020.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("hello", "the map is no mapping"),
        ("- 1", "the map is no mapping"),
        ("joints: 1", "joints is no mapping"),
        ("up: +y", "it has no joints"),
        ("joints: {}", "it does not say where RHip, RKnee"),
        (map_text(Head="'?'"), "it does not say where Head is"),
        (map_text(Head=""), "it does not say where Head is"),
        (map_text("joint: {}\n"), "'joint' is no key of the map"),
        (map_text() + "  Tail: x\n", "'Tail' is no key of joints"),
        (map_text(Head="[]"), "the list of Head is empty"),
        (map_text(Head="[[a]]"), "Head is no mapping"),
        (map_text(Head="{at: [a]}"), "'at' is not a word"),
        (map_text(Head="{at: a, times: 2}"), "Head is neither a node"),
        (map_text(Head="{from: a, to: b}"), "Head is neither a node"),
        (map_text(Head="{from: a, to: b, times: x}"), "the times of Head is no number"),
        (map_text(Head="{from: a, to: b, beyond: nan}"), "the beyond of Head is no number"),
        (map_text(Head="{blend: {a: 0.5, b: 0.6}}"), "the weights in the blend of Head do not sum to 1"),
        (map_text(Head="{blend: [a, b]}"), "blend of Head is no mapping"),
        (map_text(Head="{at: a, shift: s}"), "Head has the shift 's', which is not under 'shifts'"),
        (map_text("shifts: {s: {axis: +y}}\n"), "a 'node' is missing"),
        (map_text("shifts: {s: {from: a, length: 1}}\n"), "'from' is no key of shift s"),
        (map_text("shifts: {s: {plane: [a, b], length: 1}}\n"), "the plane of s is no list of three nodes"),
        (map_text("shifts: {s: {node: a, axis: y}}\n"), "axis 'y' is none of +x, -x"),
        (map_text("shifts: {s: {node: a, axis: +y, length: -1}}\n"), "the length of s is no positive number"),
        (map_text("shifts: {s: {node: a, axis: +y, long: 1}}\n"), "'long' is no key of shift s"),
        (map_text("up: up\n"), "up 'up' is none of"),
        (map_text("unit: furlong\n"), "unit 'furlong' is none of m, cm, mm, in, ft, cmu"),
        (map_text("fps: 0\n"), "the fps is no positive number"),
        (map_text("nodes: Tail\n"), "'nodes' is not a list of names"),
        (map_text("t_pose: yes\n"), "t_pose 'yes' is none of true, false"),
        (map_text() + "  Hip: Hips\n", "a key is repeated"),
        (map_text("about: &a x\ncitation: *a\n"), "it has an alias"),
        (map_text("? [a]\n: b\n"), "a key is repeated or no word"),
        ("joints: {", "line 1"),
        ("joints: " + "[" * 60_000, "nested too deeply"),
        ("about: " + "x" * 70_000, "longer than 65536 characters"),
        ("a: !!python/object/apply:os.system [x]", "'a' is no key of the map"),
    ],
)
def test_a_map_that_is_none_is_refused_by_its_key(tmp_path, text, said):
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInputError) as error:
        read_map(path)
    assert said in error.value.message
    assert error.value.hint


def test_a_map_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFoundError):
        read_map(tmp_path / "map.yaml")
