"""The joint map that fits a file: chosen by the names of its nodes, whatever prefix they have."""

from __future__ import annotations

import re

import numpy as np
import pytest
from data.mocap import rigs
from data.mocap.person import STANDING, person_bvh, still

from posectl.data.mocap.body import place
from posectl.data.mocap.bvh import read_bvh
from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.mocap.draft import template
from posectl.data.mocap.jointmap import BY_RULE, read_map
from posectl.data.mocap.naming import built_in_maps, choose_map
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError


def test_every_built_in_map_has_a_line_on_whose_skeleton_it_is():
    maps = {joints.name: joints for joints in built_in_maps()}
    assert sorted(maps) == [
        "bandai", "biovision", "biped", "cmu-3dsmax", "cmu-asf", "cmu-bvh", "markers", "mixamo", "optitrack",
        "perception-neuron", "posectl", "poser", "rokoko", "slimevr", "smpl", "unity", "unreal", "xsens",
    ]  # fmt: skip
    assert all(joints.about for joints in maps.values())


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("cmu/01_01.bvh", "cmu-bvh"),
        ("cmu/02_01.bvh", "cmu-bvh"),
        ("cmu/131_01.bvh", "cmu-3dsmax"),
        ("bandai/dataset-1_bow_normal_001.bvh", "bandai"),
        ("bandai/dataset-2_wave-left-hand_active_001.bvh", "bandai"),
    ],
)
def test_each_naming_finds_its_map(test_data, file, name):
    path = test_data / "raw" / file
    assert choose_map(read_bvh(path), None, path).map.name == name


@pytest.mark.parametrize("name", rigs.RIGS)
def test_one_body_comes_out_the_same_under_every_naming_convention(tmp_path, name):
    """Limbs, thorax, neck and head to a micron; the spine's joint, between nodes, to 16 mm."""
    path, rig = tmp_path / "a.bvh", rigs.RIGS[name]
    path.write_text(rigs.bvh(rig))
    clip = read_clip(MotionFile(path), Options())
    assert (clip.skeleton, clip.unit, clip.up, clip.warnings) == (rigs.MAPS.get(name, name), "cm", "+y", ())
    error = dict(zip(H36M17.joints, np.linalg.norm(clip.poses - rigs.joints(rig), axis=-1).max(axis=0), strict=True))
    assert error.pop("Spine") < 0.016
    assert max(error.values()) < 1e-6


@pytest.mark.parametrize(
    "prefix",
    ["", "mixamorig:", "mixamorig9:", "mixamorig_", "Model_", "Armature|a_b:", "mixamorig", "Actor1-", "Skeleton 001 "],
)
def test_mixamos_names_are_known_under_any_prefix(tmp_path, prefix):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still(), prefix=prefix))
    clip = read_clip(MotionFile(path), Options())
    assert (clip.skeleton, clip.unit, clip.up, clip.fps) == ("mixamo", "m", "+y", 30)
    np.testing.assert_allclose(clip.poses, np.broadcast_to(STANDING, (4, 17, 3)), atol=1e-6)
    np.testing.assert_allclose(clip.root, [[0.01 * t, 0, 0.95] for t in range(4)], atol=1e-6)


@pytest.mark.parametrize(
    "rewrite",
    [
        str.lower,
        str.upper,
        lambda name: re.sub("(?<=[a-z])(?=[A-Z])", "_", name),
        lambda name: re.sub("^(Left|Right)(.*)", r"\2_\1", name),
        lambda name: re.sub("^(L|R)(eft|ight)(.*)", r"\1_\3", name),
        lambda name: re.sub("^(L|R)(eft|ight)(.*)", r"\3.\1", name),
        lambda name: re.sub("^Spine([12])", r"Spine.00\1", name),
    ],
    ids=["lower", "upper", "snake", "side behind", "L_", ".L", "numbers"],
)
@pytest.mark.parametrize("prefix", ["", "Armature|"])
def test_case_separators_and_the_place_of_the_side_do_not_count(tmp_path, rewrite, prefix):
    path = tmp_path / "a.bvh"
    names = re.compile(r"(?<=ROOT )\w+|(?<=JOINT )\w+")
    path.write_text(names.sub(lambda found: prefix + rewrite(found[0]), person_bvh(still())))
    np.testing.assert_allclose(read_clip(MotionFile(path), Options()).poses[0], STANDING, atol=1e-6)


def test_nodes_above_the_hips_and_of_other_prefixes_are_no_hindrance(tmp_path):
    path = tmp_path / "a.bvh"
    head, motion = person_bvh(still(), prefix="mixamorig:").split("MOTION")
    body = head.split("HIERARCHY")[1].replace("ROOT", "JOINT")
    prop = "JOINT Prop\n{\nOFFSET 9 9 9\nCHANNELS 0\nEnd Site\n{\nOFFSET 0 0 0\n}\n}\n"
    root = "HIERARCHY\nROOT Reference\n{\nOFFSET 0 0 0\nCHANNELS 0\n"
    path.write_text(f"{root}{body}{prop}}}\nMOTION{motion}")
    clip = read_clip(MotionFile(path), Options())
    np.testing.assert_allclose(clip.poses, np.broadcast_to(STANDING, (4, 17, 3)), atol=1e-6)


def test_the_nodes_of_one_prefix_come_before_others_of_the_bare_names(tmp_path):
    path = tmp_path / "a.bvh"
    control = "JOINT Head\n{\nOFFSET 9 9 9\nCHANNELS 0\nEnd Site\n{\nOFFSET 0 0 0\n}\n}\n"
    text = person_bvh(still(), prefix="mixamorig:")
    path.write_text(text.replace("\tJOINT mixamorig:Spine\n", f"{control}\tJOINT mixamorig:Spine\n"))
    np.testing.assert_allclose(read_clip(MotionFile(path), Options()).poses[0], STANDING, atol=1e-6)


def test_slimevrs_bones_hang_from_the_head(tmp_path):
    """Its nodes are at the upper ends of its bones, so that the pelvis is LEFT_HIP and the thorax UPPER_CHEST."""
    leg = "{0}_HIP 4 {0}_UPPER_LEG 10 {0}_LOWER_LEG 43 {0}_FOOT 42"
    chain = "HEAD 0 NECK 10 UPPER_CHEST 10 CHEST 16 WAIST 16 HIP 20"
    arm = "{0}_SHOULDER 0 {0}_UPPER_ARM 19 {0}_LOWER_ARM 28 {0}_HAND 26"

    def lines(words: list[str], inner: str) -> str:
        text = inner
        for name, length in reversed(list(zip(words[::2], words[1::2], strict=True))):
            keyword = "ROOT" if name == "HEAD" else "JOINT"
            moves = "6 Xposition Yposition Zposition" if name == "HEAD" else "3"
            channels = f"CHANNELS {moves} Zrotation Xrotation Yrotation"
            text = f"{keyword} {name}\n{{\nOFFSET 0 -{length} 0\n{channels}\n{text}}}\n"
        return text

    end = "End Site\n{\nOFFSET 0 -5 0\n}\n"
    legs = "".join(lines(leg.format(side).split(), end) for side in ("LEFT", "RIGHT"))
    arms = "".join(lines(arm.format(side).split(), end) for side in ("LEFT", "RIGHT"))
    down, up = lines(chain.split()[6:], legs), chain.split()[:6]
    row = {"HEAD": "0 165 0 0 0 0", "LEFT_HIP": "90 0 0", "RIGHT_HIP": "-90 0 0"}
    row |= {"LEFT_UPPER_LEG": "-90 0 0", "RIGHT_UPPER_LEG": "90 0 0"}
    row |= {"LEFT_SHOULDER": "90 0 0", "RIGHT_SHOULDER": "-90 0 0"}
    hierarchy = lines(up, down + arms)
    names = re.findall("(?:ROOT|JOINT) (\\w+)", hierarchy)
    values = " ".join(row.get(name, "0 0 0") for name in names)
    path = tmp_path / "a.bvh"
    path.write_text(f"HIERARCHY\n{hierarchy}MOTION\nFrames: 1        \nFrame Time: 0.01\n{values}\n")
    clip = read_clip(MotionFile(path), Options())
    assert (clip.skeleton, clip.unit, clip.up) == ("slimevr", "cm", "+y")
    pose = dict(zip(H36M17.joints, clip.poses[0], strict=True))
    expected = {"Hip": (0, 0, 0), "LHip": (0.1, 0, 0), "LKnee": (0.1, 0, -0.43), "RFoot": (-0.1, 0, -0.85)}
    expected |= {"Spine": (0, 0, 0.24), "Thorax": (0, 0, 0.56), "Neck/Nose": (0, 0, 0.66), "Head": (0, 0, 0.81)}
    expected |= {"LShoulder": (0.19, 0, 0.56), "RElbow": (-0.47, 0, 0.56), "LWrist": (0.73, 0, 0.56)}
    for joint, place_of in expected.items():
        np.testing.assert_allclose(pose[joint], place_of, atol=1e-6, err_msg=joint)


def test_joints_of_the_trunk_without_a_node_are_placed_by_rule_and_that_is_said(tmp_path):
    path = tmp_path / "a.bvh"
    text = person_bvh(still()).replace("JOINT Neck", "JOINT Hals").replace("JOINT HeadTop_End", "JOINT x")
    for number in ("", "1", "2"):
        text = text.replace(f"JOINT Spine{number}\n", f"JOINT Wirbel{number}\n")
    path.write_text(text.replace("JOINT Head\n", "JOINT Kopf\n"))
    clip = read_clip(MotionFile(path), Options())
    assert clip.warnings == (
        "without a node of their own, these joints are placed by rule: Spine halfway between pelvis and thorax, Thorax "
        "just above between the shoulders, Neck/Nose 80 mm past the thorax, Head 120 mm past the neck.",
    )
    # The shoulders are 0.45 m above the pelvis, on its vertical.
    height = dict(zip(("Thorax", "Spine", "Neck/Nose", "Head"), (0.486, 0.243, 0.566, 0.686), strict=True))
    for joint, z in height.items():
        np.testing.assert_allclose(clip.poses[0, H36M17.joints.index(joint)], (0, 0, z), atol=1e-6, err_msg=joint)


@pytest.mark.parametrize(
    ("file", "bounds"),
    [
        ("cmu17_test", {"Thorax": 18, "Spine": 23, "Neck/Nose": 19, "Head": 35}),
        ("bandai17_test", {"Hip": 22, "Thorax": 24, "Spine": 51, "Neck/Nose": 19, "Head": 11}),
    ],
)
def test_the_rules_are_near_where_the_nodes_of_recorded_bodies_are(test_data, file, bounds):
    """Mean distance in mm, each rule from the true places of the others. CMU's pelvis is 10 cm above its hip joints."""
    with np.load(test_data / f"poses/{file}.npz") as data:
        true = dict(zip(H36M17.joints, data["positions"].astype(float).swapaxes(0, 1), strict=True))
    for joint, bound in bounds.items():
        ruled = place(BY_RULE[joint][0], true.__getitem__, 1.0)
        assert 1000 * np.linalg.norm(ruled - true[joint], axis=-1).mean() < bound, joint


@pytest.mark.parametrize("end", [0.0, 0.09])
def test_a_skeleton_without_a_node_at_the_top_of_the_head_gets_one(tmp_path, end):
    """At its End Site; where that has no length, 150 mm above the head's base."""
    path = tmp_path / "a.bvh"
    text = person_bvh(still(), without=["HeadTop_End"])
    before, head, after = text.partition("JOINT Head\n")
    path.write_text(before + head + after.replace("OFFSET 0 0 0", f"OFFSET 0 {end} 0", 1))
    way = np.array([0, -0.02, 0.1])
    expected = STANDING[9] + ([0, 0, end] if end else 0.15 * way / np.linalg.norm(way))
    np.testing.assert_allclose(read_clip(MotionFile(path), Options()).poses[0, 10], expected, atol=1e-6)


def test_an_end_site_of_the_head_that_points_ahead_is_not_its_top(tmp_path):
    path = tmp_path / "a.bvh"
    before, head, after = person_bvh(still(), without=["HeadTop_End"]).partition("JOINT Head\n")
    path.write_text(before + head + after.replace("OFFSET 0 0 0", "OFFSET 0 0 0.05", 1))
    way = np.array([0, -0.02, 0.1])
    expected = STANDING[9] + 0.15 * way / np.linalg.norm(way)
    np.testing.assert_allclose(read_clip(MotionFile(path), Options()).poses[0, 10], expected, atol=1e-6)


def test_unknown_names_are_listed_with_what_the_nearest_skeleton_lacks(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still()).replace("JOINT LeftArm", "JOINT Arm").replace("JOINT LeftLeg", "JOINT Knie"))
    with pytest.raises(InvalidInputError) as error:
        read_clip(MotionFile(path), Options())
    assert (
        "is of no known skeleton (mixamo: lacks LeftArm, LeftLeg). Its nodes: Hips, Spine, Spine1"
        in error.value.message
    )
    assert "Knie" in error.value.message
    assert "--show-joints" in error.value.hint
    assert "--map" in error.value.hint


def test_ones_own_map_is_refused_for_a_file_that_lacks_its_nodes(tmp_path, test_data):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still()))
    bandai = next(joints for joints in built_in_maps() if joints.name == "bandai")
    with pytest.raises(
        InvalidInputError, match=r"lacks Chest, LowerArm_L, LowerArm_R, .* and more, which the map names"
    ):
        read_clip(MotionFile(path), Options(own_map=bandai))


def test_the_template_of_an_unknown_skeleton_is_filled_in_as_far_as_names_tell(tmp_path):
    path, draft = tmp_path / "a.bvh", tmp_path / "map.yaml"
    text = person_bvh(still(), prefix="rig:").replace("JOINT rig:LeftLeg", "JOINT rig:Knie's")
    path.write_text(text.replace("JOINT rig:Neck", "JOINT rig:Hals"))
    draft.write_text(template(read_bvh(path), path))
    text = draft.read_text()
    assert "#         rig:Hals\n" in text
    assert "  # Thorax: just above between the shoulders, unless a node is put here\n" in text
    with pytest.raises(InvalidInputError, match="does not say where LKnee is"):
        read_map(draft)
    text = text.replace("  LKnee: '?'", "  LKnee: rig:Knie's").replace("  # Thorax: just", "  Thorax: rig:Hals # just")
    draft.write_text(text.replace("  Spine: 'rig:Spine'", "  Spine: rig:Spine1"))
    clip = read_clip(MotionFile(path), Options(own_map=read_map(draft)))
    assert (clip.skeleton, clip.warnings) == ("map", ())
    np.testing.assert_allclose(clip.poses[0], STANDING, atol=1e-6)


def test_the_template_of_nothing_known_waits_to_be_filled_in(tmp_path):
    path, draft = tmp_path / "a.bvh", tmp_path / "map.yaml"
    path.write_text(re.sub("(ROOT|JOINT) (\\w+)", r"\1 x\2x", person_bvh(still())))
    draft.write_text(template(read_bvh(path), path))
    assert draft.read_text().count("'?'") == 12
    limbs = [joint for joint in H36M17.joints if joint not in BY_RULE]
    with pytest.raises(InvalidInputError, match=f"does not say where {', '.join(limbs)} are"):
        read_map(draft)


def test_the_template_of_a_known_skeleton_is_its_map(tmp_path):
    path, draft = tmp_path / "a.bvh", tmp_path / "map.yaml"
    path.write_text(person_bvh(still()))
    draft.write_text(template(read_bvh(path), path))
    assert read_map(draft).joints == next(m for m in built_in_maps() if m.name == "mixamo").joints
