"""The joint map that fits a file: chosen by the names of its nodes, whatever prefix they have."""

from __future__ import annotations

import numpy as np
import pytest
from data.mocap.person import STANDING, person_bvh, still

from posectl.data.mocap.bvh import read_bvh
from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.mocap.jointmap import read_map
from posectl.data.mocap.naming import built_in_maps, choose_map, template
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError


def test_every_built_in_map_has_a_line_on_whose_skeleton_it_is():
    maps = {joints.name: joints for joints in built_in_maps()}
    assert sorted(maps) == ["bandai", "cmu-3dsmax", "cmu-asf", "cmu-bvh", "mixamo"]
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
    assert choose_map(read_bvh(path), None, path)[0].name == name


@pytest.mark.parametrize("prefix", ["", "mixamorig:", "mixamorig9:", "mixamorig_", "Model_", "Armature|a_b:"])
def test_mixamos_names_are_known_under_any_prefix(tmp_path, prefix):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still(), prefix=prefix))
    clip = read_clip(MotionFile(path), Options())
    assert (clip.skeleton, clip.unit, clip.up, clip.fps) == ("mixamo", "m", "+y", 30)
    np.testing.assert_allclose(clip.poses, np.broadcast_to(STANDING, (4, 17, 3)), atol=1e-6)
    np.testing.assert_allclose(clip.root, [[0.01 * t, 0, 0.95] for t in range(4)], atol=1e-6)


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


def test_unknown_names_are_listed_with_what_the_nearest_skeleton_lacks(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still()).replace("JOINT Neck", "JOINT Hals").replace("JOINT LeftLeg", "JOINT Knie"))
    with pytest.raises(InvalidInputError) as error:
        read_clip(MotionFile(path), Options())
    assert (
        "is of no known skeleton (mixamo: lacks LeftLeg, Neck). Its nodes: Hips, Spine, Spine1" in error.value.message
    )
    assert "Hals" in error.value.message
    assert "--show-joints" in error.value.hint
    assert "--map" in error.value.hint


def test_ones_own_map_is_refused_for_a_file_that_lacks_its_nodes(tmp_path, test_data):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh(still()))
    bandai = next(joints for joints in built_in_maps() if joints.name == "bandai")
    with pytest.raises(InvalidInputError, match=r"lacks Chest, Foot_L, Foot_R, .* and more, which the map names"):
        read_clip(MotionFile(path), Options(own_map=bandai))


def test_the_template_of_an_unknown_skeleton_lists_its_nodes_and_waits_to_be_filled_in(tmp_path):
    path, draft = tmp_path / "a.bvh", tmp_path / "map.yaml"
    path.write_text(person_bvh(still()).replace("JOINT Neck", "JOINT Hals"))
    draft.write_text(template(read_bvh(path), path))
    text = draft.read_text()
    assert "#         Hals\n" in text
    with pytest.raises(InvalidInputError, match=f"does not say where {', '.join(H36M17.joints)} are"):
        read_map(draft)
    names = dict(zip(H36M17.joints, next(m for m in built_in_maps() if m.name == "mixamo").joints, strict=True))
    for joint in H36M17.joints:
        node = names[joint][0].nodes[0].replace("Neck", "Hals")
        text = text.replace(f"  {joint}: '?'", f"  {joint}: {node}")
    draft.write_text(text)
    clip = read_clip(MotionFile(path), Options(own_map=read_map(draft)))
    assert clip.skeleton == "map"
    np.testing.assert_allclose(clip.poses[0], STANDING, atol=1e-6)


def test_the_template_of_a_known_skeleton_is_its_map(tmp_path):
    path, draft = tmp_path / "a.bvh", tmp_path / "map.yaml"
    path.write_text(person_bvh(still()))
    draft.write_text(template(read_bvh(path), path))
    assert read_map(draft).joints == next(m for m in built_in_maps() if m.name == "mixamo").joints
