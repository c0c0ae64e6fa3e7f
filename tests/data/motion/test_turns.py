"""Turns found from joints: they lead back to the joints, and twists are those of the body."""

from __future__ import annotations

import numpy as np
import pytest
from data.motion.walks import J, about, walk

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.mocap.kinematics import forward
from posectl.data.motion.turns import joints_of, recording_of
from posectl.data.skeleton import H36M17


def local(recording, node):
    """The turns (T, 3, 3) of a node relative to its parent."""
    return recording.local(np.arange(recording.frames)).rotations[:, recording.names.index(node)]


def world(recording, node):
    """The orientation (T, 3, 3) of a node, y up."""
    turns = forward(recording, recording.local(np.arange(recording.frames)))[1]
    return turns[:, recording.names.index(node)]


def to_y_up(vectors):
    return np.stack([vectors[..., 0], vectors[..., 2], -vectors[..., 1]], axis=-1)


def hinge(poses, start, middle, end):
    """The unit axis (T, 3) about which a limb is bent, y up."""
    axis = np.cross(poses[:, J[middle]] - poses[:, J[start]], poses[:, J[end]] - poses[:, J[middle]])
    return to_y_up(axis / np.linalg.norm(axis, axis=-1, keepdims=True))


@pytest.mark.parametrize("up_side_down", [False, True])
def test_joints_of_bones_that_keep_their_length_are_met(up_side_down):
    poses = walk() @ (np.diag((1, -1, -1)) if up_side_down else np.eye(3))
    np.testing.assert_allclose(joints_of(recording_of(poses, 30)), poses, atol=1e-9)


def test_turns_are_rotations():
    turns = recording_of(walk(), 30).local(np.arange(60)).rotations
    np.testing.assert_allclose(turns @ turns.swapaxes(-1, -2), np.broadcast_to(np.eye(3), turns.shape), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turns), 1)


def test_a_bone_has_its_median_length_and_what_hangs_on_it_points_to_the_joints():
    poses = walk()
    longer = poses[:10].copy()
    way = longer[:, J["LElbow"]] - longer[:, J["LShoulder"]]
    longer[:, J["LElbow"]] += 0.1 * way
    poses[:10] = longer
    recording = recording_of(poses, 30)
    arm = recording.offsets[recording.names.index("LeftForeArm")]
    assert np.linalg.norm(arm) == pytest.approx(np.hypot(0.03, 0.29))
    off = joints_of(recording) - poses
    np.testing.assert_allclose(off[:10, J["LElbow"]], -0.1 * way, atol=1e-9)
    # The forearm was changed by the elbow that was moved: its end stays in line with the joint.
    there = joints_of(recording)
    reached, asked = (each[:10, J["LWrist"]] - there[:10, J["LElbow"]] for each in (there, poses))
    np.testing.assert_allclose(np.cross(reached, asked), 0, atol=1e-9)
    others = [joint for joint in range(17) if joint not in (J["LElbow"], J["LWrist"])]
    np.testing.assert_allclose(off[:, others], 0, atol=1e-9)


@pytest.mark.parametrize(
    ("node", "axis"),
    [("LeftForeArm", (0, -1, 0)), ("RightForeArm", (0, 1, 0)), ("LeftLeg", (1, 0, 0)), ("RightLeg", (1, 0, 0))],
)
def test_knees_and_elbows_are_hinges(node, axis):
    """Elbows bend forward about the vertical when the arms are stretched sideways, knees backward about x."""
    recording = recording_of(walk(frames=1, knees=0.6, elbows=0.5), 30)
    angle = 0.5 if "Arm" in node else 0.6
    expected = np.eye(3) + np.sin(angle) * _cross(axis) + (1 - np.cos(angle)) * _cross(axis) @ _cross(axis)
    # The upper arm of the walk leans outward a little, so that its elbow is bent by another angle.
    atol = 0.1 if "Arm" in node else 1e-9
    np.testing.assert_allclose(local(recording, node)[0], expected, atol=atol)
    turns = local(recording, node)[0]
    np.testing.assert_allclose(turns @ axis, axis, atol=1e-9)


def _cross(axis):
    return np.cross(np.array(axis, float), np.eye(3)).T


def test_the_twist_of_a_limb_is_that_of_its_bend():
    poses = walk()
    recording = recording_of(poses, 30)
    for node, rest, *ends in (
        ("LeftArm", (0, -1, 0), "LShoulder", "LElbow", "LWrist"),
        ("RightLeg", (1, 0, 0), "RHip", "RKnee", "RFoot"),
    ):
        bent = hinge(poses, *ends)
        known = np.linalg.norm(np.diff(poses[:, [J[end] for end in ends]], n=2, axis=1)[:, 0], axis=-1) > 0.1
        np.testing.assert_allclose((world(recording, node) @ rest)[known], bent[known], atol=1e-4)


def test_the_twist_goes_over_straight_frames():
    """The arm is straight for half a second between two bends in one plane, and a little noise says nothing."""
    elbows = np.where((np.arange(60) >= 20) & (np.arange(60) < 35), 0.0, 0.5)
    poses = walk(elbows=elbows)
    noise = np.random.default_rng(0).normal(scale=2e-3, size=(60, 3))
    poses[20:35, J["LWrist"]] += noise[20:35]
    bent = hinge(walk(elbows=0.5), "LShoulder", "LElbow", "LWrist")
    turned = world(recording_of(poses, 30), "LeftArm") @ np.array((0, -1.0, 0))
    assert np.degrees(np.arccos(np.clip(np.sum(turned * bent, axis=-1), -1, 1))).max() < 5


def test_a_limb_that_is_never_bent_has_the_twist_of_the_rest_pose():
    recording = recording_of(walk(knees=0.0, elbows=0.0), 30)
    np.testing.assert_allclose(local(recording, "LeftForeArm"), np.broadcast_to(np.eye(3), (60, 3, 3)), atol=0.11)
    sideways = world(recording, "LeftUpLeg") @ np.array((1.0, 0, 0))
    hips = to_y_up(walk()[:, J["LHip"]] - walk()[:, J["RHip"]])
    hips /= np.linalg.norm(hips, axis=-1, keepdims=True)
    assert np.sum(sideways * hips, axis=-1).min() > np.cos(np.deg2rad(3))


def test_a_head_looks_where_the_nose_points():
    poses = walk(frames=1).repeat(2, axis=0)
    for joint in ("Neck/Nose", "Head"):
        around = poses[1, J["Thorax"]]
        poses[1, J[joint]] = around + about("z", [0.5])[0] @ (poses[1, J[joint]] - around)
    before, after = world(recording_of(poses, 30), "Head")
    np.testing.assert_allclose(after @ before.T, _y(0.5), atol=1e-9)


def test_a_head_that_is_turned_in_all_frames_is_turned():
    poses = walk(frames=1)
    ahead = world(recording_of(poses, 30), "Head")[0]
    for joint in ("Neck/Nose", "Head"):
        around = poses[:, J["Thorax"]]
        poses[:, J[joint]] = around + (about("z", [0.5]) @ (poses[:, J[joint]] - around)[..., None])[..., 0]
    turned = world(recording_of(poses, 30), "Head")[0]
    about_y = np.arctan2(*(turned @ ahead.T)[[0, 2], [2, 2]])
    assert about_y == pytest.approx(0.5, abs=0.1)


def _y(angle):
    return np.array([(np.cos(angle), 0, np.sin(angle)), (0, 1, 0), (-np.sin(angle), 0, np.cos(angle))])


def test_a_head_without_a_nose_goes_with_the_shoulders():
    poses = walk(frames=8)
    poses[:, J["Neck/Nose"]] = 0.5 * (poses[:, J["Thorax"]] + poses[:, J["Head"]])
    poses[:, J["Neck/Nose"]] += np.random.default_rng(0).normal(scale=0.003, size=(8, 3))
    across = world(recording_of(poses, 30), "Head") @ np.array((1.0, 0, 0))
    shoulders = to_y_up(poses[:, J["LShoulder"]] - poses[:, J["RShoulder"]])
    shoulders /= np.linalg.norm(shoulders, axis=-1, keepdims=True)
    assert np.sum(across * shoulders, axis=-1).min() > np.cos(np.deg2rad(5))


def test_at_rest_the_person_stands_in_a_t_pose_and_looks_along_z():
    recording = recording_of(walk(), 30)
    places = forward(recording, recording.rest())[0][0]
    at = dict(zip(recording.names, places, strict=True))
    np.testing.assert_allclose(at["LeftHand"] - at["LeftArm"], (np.hypot(0.03, 0.29) + 0.26, 0, 0), atol=1e-9)
    np.testing.assert_allclose(at["RightFoot"] - at["RightUpLeg"], (0, -0.87, 0), atol=1e-9)
    assert at["LeftUpLeg"][0] == pytest.approx(0.12, abs=0.01)
    assert at["Head"][2] > at["Neck"][2] + 0.08
    assert at["LeftFoot.end"][2] > at["LeftFoot"][2] + 0.1
    assert at["Head.end"][1] > at["Head"][1] > at["Neck"][1] > at["Spine1"][1] > 0


@pytest.mark.parametrize("file", ["bandai/dataset-2_walk-turn-left_normal_001.bvh", "cmu/12_01.bvh"])
def test_no_node_spins_in_a_real_walk(test_data, file):
    """A twist that flips turns a bone by half a turn in a frame; people who walk turn theirs by 20 degrees."""
    clip = read_clip(MotionFile(test_data / "raw" / file), Options(fps=30))
    turns = recording_of(clip.poses, clip.fps).local(np.arange(len(clip.poses))).rotations
    steps = (np.trace(turns[1:] @ turns[:-1].swapaxes(-1, -2), axis1=-2, axis2=-1) - 1) / 2
    assert np.degrees(np.arccos(np.clip(steps, -1, 1))).max() < 25


@pytest.mark.parametrize("frames", [1, 3])
def test_bodies_without_extent_make_finite_turns(frames):
    point = np.ones((frames, 17, 3))
    recording = recording_of(point, 30)
    np.testing.assert_allclose(joints_of(recording), point)
    assert np.isfinite(recording.local(np.arange(frames)).rotations).all()


def test_frames_in_which_bones_have_no_length_are_carried_by_their_parents():
    poses = walk()
    poses[30:33, J["LElbow"]] = poses[30:33, J["LShoulder"]]
    poses[40] = poses[40, :1]
    turns = recording_of(poses, 30).local(np.arange(60)).rotations
    np.testing.assert_allclose(np.linalg.det(turns), 1)


def test_straight_bodies_of_a_line_are_met():
    """A body whose joints all lie on one vertical line has no sides at all."""
    poses = walk(frames=4)
    poses[..., :2] = 0
    recording = recording_of(poses, 30)
    assert np.isfinite(joints_of(recording)).all()
    lengths = np.median(H36M17.bone_lengths(poses), axis=0)
    np.testing.assert_allclose(H36M17.bone_lengths(joints_of(recording)), np.tile(lengths, (4, 1)), atol=1e-9)
