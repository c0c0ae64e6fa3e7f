"""How poses are set up: upright, unmirrored, on the floor, at one scale; and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError
from posectl.render.body import Body, heading, to_scene

FACING_THE_VIEWER = 0.0


def only(poses, body, **options):
    return to_scene([poses], body, ["it"], **options)[0]


def test_bones_root_and_head_come_from_the_tree(body):
    assert body.bones[:3] == ((0, 1), (1, 2), (2, 3))
    assert len(body.bones) == 16
    assert body.root == 0
    assert body.heads == {10}


def test_without_sides_no_joint_is_a_head():
    assert Body((-1, 0, 1), (), ()).heads == frozenset()


@pytest.mark.parametrize(
    ("parents", "left", "right"), [((-1, 0, 9), (), ()), ((-1, 0), (5,), (1,)), ((-1,), (), ()), ((-2, 0), (), ())]
)
def test_joints_that_do_not_exist_make_no_body(parents, left, right):
    with pytest.raises(InvalidInputError):
        Body(parents, left, right)


def test_a_camera_frame_pose_stands_up_and_keeps_its_left_on_its_left(person, body):
    """Human3.6M's camera: x right, y down, z away. Someone who faces it has the left hand on the right."""
    x, y, z = person.T
    camera_frame = np.stack([x, -z, y + 4.0], -1)[None]  # facing -y is facing the eye, at z = 0
    pose = only(camera_frame, Body(body.parents, body.left, body.right, "-y"))[0]
    assert pose[13, 0] > 0 > pose[16, 0]  # wrists: the scene's x is to the viewer's right
    assert pose[10, 2] > pose[3, 2]  # head above foot
    assert heading([pose[None]], body) == pytest.approx(FACING_THE_VIEWER, abs=1e-4)


def test_a_y_up_pose_that_faces_plus_z_faces_the_viewer(person, body):
    x, y, z = person.T
    pose = only(np.stack([x, z, -y], -1)[None], Body(body.parents, body.left, body.right, "+y"))[0]
    assert pose[13, 0] > 0 > pose[16, 0]
    assert pose[10, 2] > pose[3, 2]


def test_the_largest_body_has_size_one_and_scale_is_shared(person, body):
    large, small = to_scene([person[None], person[None] / 2], body, ["a", "b"])
    assert np.ptp(large[0, :, 2]) == pytest.approx(1.0)  # 1.65 m high, more than 1.4 m wide
    assert np.ptp(small[0, :, 2]) == pytest.approx(0.5)


def test_pelvis_centred_poses_are_each_set_down_on_the_lowest_joint(person, body):
    crouched = person - person[0]
    crouched[[3, 6], 2] += 0.3
    poses = only(np.stack([person - person[0], crouched]), body)
    np.testing.assert_allclose(poses[..., 2].min(1), 0, atol=1e-12)


def test_a_pelvis_that_wanders_about_the_origin_leaves_the_feet_on_the_floor(person, body):
    """A model that has not learnt much decodes it so."""
    centred = np.repeat((person - person[0])[None], 5, axis=0)
    wandering = centred + np.linspace(-0.15, 0.15, 5)[:, None, None]
    np.testing.assert_allclose(only(wandering, body)[..., 2].min(1), 0, atol=1e-12)


def test_poses_in_the_world_keep_their_jumps_and_their_way(person, body):
    raised = np.stack([person, np.add(person, (0.4, 0, 0.5))])
    poses = only(raised, body)
    np.testing.assert_allclose(poses[..., 2].min(1) * 1.65, (0, 0.5), atol=1e-6)
    np.testing.assert_allclose(poses[:, 0, 0] * 1.65, (-0.2, 0.2), atol=1e-6)


def test_still_poses_are_each_put_over_the_origin(person, body):
    poses = only(np.stack([person, np.add(person, (3, 2, 1))]), body, still=True)
    np.testing.assert_allclose(poses[0], poses[1], atol=1e-6)


@pytest.mark.parametrize("turn", [0, 50, 170])
def test_the_heading_follows_the_body(person, body, turn):
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turned = person @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    assert heading([turned[None]], body) == pytest.approx(turn, abs=1e-4)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p[:0], "no frames"),
        (lambda p: p[0], r"\(17, 3\)"),
        (lambda p: p[:, :16], r"\(24, 16, 3\)"),
        (lambda p: np.where(np.arange(24)[:, None, None] == 7, np.nan, p), "1 of 24 frames, first in frame 7"),
        (lambda p: p * np.inf, "24 of 24"),
        (lambda p: p.astype(str), "not numbers"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_name(walk, body, spoil, said):
    with np.errstate(invalid="ignore"):
        spoilt = spoil(walk)
    with pytest.raises(InvalidInputError, match=said) as error:
        to_scene([walk, spoilt], body, ["good", "bad"])
    assert error.value.message.startswith("bad")
    assert error.value.hint


def test_no_sequences_are_refused(body):
    with pytest.raises(InvalidInputError):
        to_scene([], body, [])
