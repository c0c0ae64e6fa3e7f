"""GLB files, read by a reader that knows the specification alone."""

from __future__ import annotations

import numpy as np
import pytest
from data.motion.gltf import Glb
from data.motion.walks import NODES, walk

from posectl.data.motion.glb import glb_of
from posectl.data.motion.turns import recording_of

FPS = 24.0


@pytest.fixture(scope="module")
def glb():
    return Glb(glb_of(recording_of(walk(), FPS), "walk"))


def y_up(poses):
    return np.stack([poses[..., 0], poses[..., 2], -poses[..., 1]], axis=-1)


def test_joints_are_where_they_were(glb):
    nodes = [glb.named(name) for name in NODES.values()]
    for frame in (0, 7, 31, 59):
        np.testing.assert_allclose(glb.world(frame)[nodes, :3, 3], y_up(walk())[frame], atol=1e-6)


def test_times_go_by_the_rate(glb):
    animation = glb.json["animations"][0]
    assert animation["name"] == "walk"
    (times,) = {sampler["input"] for sampler in animation["samplers"]}
    np.testing.assert_allclose(glb.array(times)[:, 0], np.arange(60) / FPS, rtol=1e-6)
    bounds = glb.json["accessors"][times]
    assert (bounds["min"], bounds["max"]) == ([0.0], pytest.approx([59 / FPS]))


def test_the_skin_lists_every_joint_and_undoes_the_rest_pose(glb):
    (skin,) = glb.json["skins"]
    names = {glb.json["nodes"][joint]["name"] for joint in skin["joints"]}
    assert set(NODES.values()) <= names
    assert len(names) == len(glb.json["nodes"]) - 1  # all but the mesh's
    undo = glb.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)  # stored column by column
    still = glb.world(None)[skin["joints"]] @ undo
    np.testing.assert_allclose(still, np.broadcast_to(np.eye(4), still.shape), atol=1e-6)


def test_the_body_moves_with_the_bones(glb):
    """The tips of the drawn bones are the joints, in every frame."""
    (primitive,) = glb.json["meshes"][0]["primitives"]
    points, joints, weights = (glb.array(primitive["attributes"][key]) for key in ("POSITION", "JOINTS_0", "WEIGHTS_0"))
    np.testing.assert_array_equal(weights.sum(axis=1), 1)
    skin = glb.json["skins"][0]
    undo = glb.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
    moved = (glb.world(31)[skin["joints"]] @ undo)[joints[:, 0]] @ np.c_[points, np.ones(len(points))][..., None]
    tips = moved[5::6, :3, 0]
    ends = y_up(walk())[31, 1:]
    apart = np.linalg.norm(tips[:, None] - ends[None], axis=-1).min(axis=0)
    np.testing.assert_allclose(apart, 0, atol=1e-6)
    assert glb.array(primitive["indices"]).max() == len(points) - 1


def test_bones_lie_along_y_of_their_nodes(glb):
    """As Blender, which draws a bone along the y axis of its node, expects."""
    rest = glb.world(None)
    for start, end in (("LeftArm", "LeftForeArm"), ("RightUpLeg", "RightLeg"), ("LeftFoot", "LeftFoot_End")):
        a, b = glb.named(start), glb.named(end)
        bone = rest[b, :3, 3] - rest[a, :3, 3]
        np.testing.assert_allclose(rest[a, :3, 1], bone / np.linalg.norm(bone), atol=1e-6)


def test_at_rest_the_person_stands_on_the_floor(glb):
    places = glb.world(None)[glb.json["skins"][0]["joints"], :3, 3]
    assert places[:, 1].min() == pytest.approx(0, abs=1e-7)


def test_quaternions_are_near_those_of_the_frame_before(glb):
    animation = glb.json["animations"][0]
    for channel in animation["channels"]:
        if channel["target"]["path"] == "rotation":
            turns = glb.array(animation["samplers"][channel["sampler"]]["output"])
            np.testing.assert_allclose(np.linalg.norm(turns, axis=-1), 1, atol=1e-6)
            assert (np.sum(turns[1:] * turns[:-1], axis=-1) > 0.9).all()


def test_one_frame_is_an_animation_of_one_key():
    glb = Glb(glb_of(recording_of(walk(frames=1), FPS), "still"))
    np.testing.assert_allclose(
        glb.world(0)[[glb.named(name) for name in NODES.values()], :3, 3], y_up(walk(frames=1))[0], atol=1e-6
    )
