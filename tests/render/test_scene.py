"""Frames: where the body lands, in which colours, and what stays fixed."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.errors import InvalidInputError, UsageError
from posectl.render import theme
from posectl.render.body import Body, to_scene
from posectl.render.limbs import THICKEST
from posectl.render.panel import camera_for
from posectl.render.scene import TURN, draw_frames

SIZE = 160
KEY = slice(None, round(0.9 * SIZE))  # the rows above the key


def near(picture, colour):
    """(y, x) of the pixels that show this colour of limb, in whatever shade: nearer to it than to the other ones."""
    pixels = picture.astype(float)
    hues = np.array([theme.LEFT, theme.RIGHT, theme.MIDDLE], dtype=float)
    tint = pixels - np.array(theme.GROUND)
    strong = np.linalg.norm(tint, axis=-1) > 90
    tints = hues - np.array(theme.GROUND)
    likeness = tint @ (tints / np.linalg.norm(tints, axis=1, keepdims=True)).T
    return np.argwhere(strong & (likeness.argmax(-1) == [theme.LEFT, theme.RIGHT, theme.MIDDLE].index(colour)))


def test_a_body_that_faces_the_viewer_has_its_left_on_the_viewer_s_right(person, body):
    picture = draw_frames([person[None]], body, size=SIZE, azimuth=0)[0][KEY]
    left, right = near(picture, theme.LEFT), near(picture, theme.RIGHT)
    assert len(left) > 300
    assert len(right) > 300
    assert left[:, 1].min() >= right[:, 1].max() - 4  # they meet in the middle, and nowhere else


def test_seen_from_behind_it_is_the_other_way_round(person, body):
    picture = draw_frames([person[None]], body, size=SIZE, azimuth=180)[0][KEY]
    assert near(picture, theme.LEFT)[:, 1].mean() < near(picture, theme.RIGHT)[:, 1].mean()


def test_the_default_view_is_from_the_front_whichever_way_the_body_looks(walk, body):
    half_turn = walk * (-1, -1, 1)
    for poses in (walk, half_turn):
        picture = draw_frames([poses], body, size=SIZE)[0][KEY]
        assert near(picture, theme.LEFT)[:, 1].mean() > near(picture, theme.RIGHT)[:, 1].mean() + 20
    np.testing.assert_array_equal(draw_frames([walk], body, size=64), draw_frames([half_turn], body, size=64))


def test_the_up_axis_does_not_change_the_picture(walk, body):
    expected = draw_frames([walk], body, size=64)
    x, y, z = np.moveaxis(walk, -1, 0)
    for up, axes in {"-y": (x, -z, y), "+y": (x, z, -y), "+x": (z, x, y), "-x": (-z, x, -y), "-z": (x, -y, -z)}.items():
        turned = Body(body.parents, body.left, body.right, up)
        np.testing.assert_array_equal(draw_frames([np.stack(axes, -1)], turned, size=64), expected, err_msg=up)


def test_joints_are_drawn_where_the_camera_projects_them(person, body):
    picture = draw_frames([person[None]], body, size=SIZE, azimuth=0)[0]
    poses = to_scene([person[None]], body, [""])
    frame = (0.04 * SIZE, 0.05 * SIZE, 0.96 * SIZE, 0.9 * SIZE)
    pixels, _, _ = camera_for(poses, 0, 14, frame).project(poses[0][0])
    for joint, colour in ((13, theme.LEFT), (6, theme.LEFT), (16, theme.RIGHT), (2, theme.RIGHT), (7, theme.MIDDLE)):
        x, y = pixels[joint]
        assert [int(y), int(x)] in near(picture, colour).tolist(), joint


def test_the_wrists_of_a_flat_view_are_as_far_apart_as_by_hand(person, body):
    """At elevation 0: 1.4 m between wrists, 1.65 m high. The height binds: 0.85 * 160 px, less a head's padding."""
    poses = to_scene([person[None]], body, [""])
    camera = camera_for(poses, 0, 0, (0.04 * SIZE, 0.05 * SIZE, 0.96 * SIZE, 0.9 * SIZE))
    pixels, _, scale = camera.project(poses[0][0])
    per_size = 0.85 * SIZE / (1 + 2 * THICKEST)
    assert scale[0] == pytest.approx(per_size)
    assert pixels[13, 0] - pixels[16, 0] == pytest.approx(per_size * 1.4 / 1.65)
    assert pixels[3, 1] - pixels[10, 1] == pytest.approx(per_size)
    assert pixels[3, 1] == pytest.approx(0.9 * SIZE - THICKEST * per_size)


@pytest.mark.parametrize("ahead", [-0.3, 0.3])
def test_the_nearer_arm_hides_the_farther(person, body, ahead):
    arm = person[[14, 15, 16]]
    crossed = person.copy()
    crossed[[11, 12, 13]], crossed[[14, 15, 16]] = np.add(arm, (0, ahead, 0)), arm - (0, ahead, 0)
    picture = draw_frames([crossed[None]], body, size=SIZE, azimuth=0, elevation=0)[0]
    poses = to_scene([crossed[None]], body, [""])
    pixels, _, _ = camera_for(poses, 0, 0, (0.04 * SIZE, 0.05 * SIZE, 0.96 * SIZE, 0.9 * SIZE)).project(poses[0][0])
    elbow = pixels[12 if ahead < 0 else 15].astype(int)[::-1].tolist()
    assert elbow in near(picture, theme.LEFT if ahead < 0 else theme.RIGHT).tolist()


def test_depth_pales_colour_and_narrows_the_limb(person, body):
    """The forearms reach to and from the viewer: the right one ahead, the left one behind."""
    reaching = person.copy()
    reaching[16], reaching[13] = np.add(person[15], (-0.05, -0.4, -0.3)), np.add(person[12], (0.05, 0.4, -0.3))
    picture = draw_frames([reaching[None]], body, size=480, azimuth=0, elevation=0)[0].astype(float)
    poses = to_scene([reaching[None]], body, [""])
    pixels, _, _ = camera_for(poses, 0, 0, (0.04 * 480, 0.05 * 480, 0.96 * 480, 0.9 * 480)).project(poses[0][0])
    fade, width = {}, {}
    for side, wrist, colour in (("near", 16, theme.RIGHT), ("far", 13, theme.LEFT)):
        x, y = pixels[wrist].astype(int)
        full = np.linalg.norm(np.subtract(theme.GROUND, colour))
        fade[side] = 1 - np.linalg.norm(theme.GROUND - picture[y, x]) / full
        width[side] = len([p for p in near(picture, colour) if p[0] == y and abs(p[1] - x) < 25])
    assert fade["near"] < 0.2 < 0.3 < fade["far"]
    assert width["near"] > width["far"]


def test_all_panels_share_one_camera_and_scale(walk, body):
    frames = draw_frames([walk, walk, walk / 2], body, size=SIZE)
    first, second, half = (frames[0][KEY, i * SIZE + 1 : (i + 1) * SIZE] for i in range(3))
    np.testing.assert_array_equal(first, second)

    def height(picture):
        rows = near(picture, theme.LEFT)[:, 0]
        return np.ptp(rows)

    assert height(half) == pytest.approx(height(first) / 2, abs=3)


def test_what_does_not_move_is_the_same_in_all_frames(walk, body):
    frames = draw_frames([walk], body, size=SIZE)
    feet = round(0.9 * SIZE)
    assert (frames[:, feet:] == frames[0, feet:]).all()  # key and grid
    assert (frames[:, :, :10] == frames[0, :, :10]).all()
    assert (frames != frames[0]).any()


@pytest.mark.parametrize("elevation", [-20, 0, 14, 60, 90])
def test_nothing_is_clipped_at_the_border(walk, body, elevation):
    world = walk + np.linspace([0, 0, 0], [4, -3, 1], len(walk))[:, None]
    for frame in draw_frames([world, walk * 2], body, size=SIZE, elevation=elevation):
        for panel in (frame[:, :SIZE], frame[:, SIZE + 1 :]):
            edge = np.concatenate([panel[:4].reshape(-1, 3), panel[:, :4].reshape(-1, 3), panel[:, -4:].reshape(-1, 3)])
            assert edge.min() >= min(theme.GRID) - 1  # ground and grid, no limb


def test_a_still_pose_turns_once_on_the_turntable(person, body):
    frames = draw_frames([person[None]], body, size=SIZE, azimuth=0, turntable=True)
    assert len(frames) == TURN

    def side(frame):
        return np.sign(near(frame[KEY], theme.LEFT)[:, 1].mean() - near(frame[KEY], theme.RIGHT)[:, 1].mean())

    assert side(frames[0]) == 1
    assert side(frames[TURN // 2]) == -1
    quarter = frames[TURN // 4][KEY]  # counter-clockwise from above: the left side is now behind the right one
    assert len(near(quarter, theme.LEFT)) < len(near(quarter, theme.RIGHT)) / 10


def test_a_shorter_sequence_holds_its_last_pose(walk, body):
    frames = draw_frames([walk, walk[:5]], body, size=64)
    assert len(frames) == len(walk)
    assert (frames[4:, :, 65:] == frames[4, :, 65:]).all()


@pytest.mark.parametrize(("panels", "rows", "columns"), [(1, 1, 1), (4, 1, 4), (5, 2, 3), (8, 2, 4), (9, 3, 3)])
def test_panels_fill_rows_evenly(walk, body, panels, rows, columns):
    frames = draw_frames([walk[:1]] * panels, body, size=48)
    assert frames.shape == (1, rows * 48, columns * 48, 3)
    assert frames.dtype == np.uint8


def test_labels_and_captions_change_only_their_places(walk, body):
    bare = draw_frames([walk, walk], body, size=SIZE, labels=["a", ""])
    lettered = draw_frames([walk, walk], body, size=SIZE, labels=["a", "b"], captions=[f"{t:02d}" for t in range(24)])
    rows, columns = np.nonzero((bare != lettered).any((0, 3)))
    assert len(rows)
    assert (columns > SIZE).all()
    assert ((rows < 0.12 * SIZE) | (rows > 0.88 * SIZE)).all()
    assert (lettered[3, -20:, -60:] != lettered[4, -20:, -60:]).any()


def test_long_labels_stay_in_their_panel(walk, body):
    bare = draw_frames([walk[:1]] * 2, body, size=SIZE, labels=["", "x"])
    long = draw_frames([walk[:1]] * 2, body, size=SIZE, labels=["a label much longer\nthan its panel is wide", "x"])
    changed = np.nonzero((bare != long).any((0, 1, 3)))[0]
    assert changed.min() >= 4
    assert changed.max() < SIZE - 4


def test_a_body_that_is_one_point_is_a_dot_in_the_middle(body):
    picture = draw_frames([np.full((1, 17, 3), 0.7)], body, size=SIZE)[0][KEY]
    spot = np.argwhere(np.abs(picture.astype(int) - theme.GROUND).sum(-1) > 200)
    assert spot[:, 1].mean() == pytest.approx(SIZE / 2, abs=1)
    assert len(spot) < 0.05 * SIZE**2


def test_a_body_a_million_times_smaller_is_drawn_the_same(walk, body):
    large = draw_frames([walk.astype(np.float64)], body, size=64)
    tiny = draw_frames([walk.astype(np.float64) * 2.0**-20], body, size=64)
    np.testing.assert_array_equal(large, tiny)


def test_sequences_of_wildly_different_scales_still_fit(walk, body):
    frames = draw_frames([walk, walk * 1e6], body, size=64)
    assert len(near(frames[0][:, 64:], theme.LEFT)) > 50


@pytest.mark.parametrize(
    "options",
    [
        {"size": 10},
        {"elevation": 91},
        {"elevation": float("nan")},
        {"azimuth": float("inf")},
        {"labels": ["a", "b"]},
        {"captions": ["a"]},
        {"size": 20000},
    ],
)
def test_options_that_make_no_picture_are_refused(walk, body, options):
    with pytest.raises(UsageError) as error:
        draw_frames([walk], body, **options)
    assert error.value.hint


def test_a_bad_sequence_is_named_by_its_label(walk, body):
    with pytest.raises(InvalidInputError, match="Sequence ACAI"):
        draw_frames([walk, walk * np.nan], body, labels=["AE", "ACAI"])
