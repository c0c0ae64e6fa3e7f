"""The mocap source on points: NTU RGB+D's .skeleton and C3D, to H36M-17 with clips, rates, units and what is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.joints import LAYOUTS, MARKERS, body, in_layout, truth
from data.mocap.c3dfile import write_c3d
from data.mocap.ntufile import write_skeleton

from posectl.data.readers.mocap import read, show_joints
from posectl.errors import InvalidInputError

EXACT = [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16]


@pytest.fixture
def places() -> dict[str, np.ndarray]:
    """60 frames of somebody who stands, z up, metres."""
    return body(60, spread=0.2)


def kinect(places: dict[str, np.ndarray]) -> np.ndarray:
    """Joints of Kinect v2 in a camera's axes, y up; fingers lie where the hands are."""
    joints = in_layout(places, "ntu25")
    joints[:, 21:] = joints[:, [7, 7, 11, 11]]
    return np.stack([joints[..., 1], joints[..., 2], joints[..., 0]], axis=-1)


def world(dataset) -> np.ndarray:
    return dataset.samples + dataset.per_sample["root"][:, None]


def in_our_axes(z_up: np.ndarray) -> np.ndarray:
    """The axes that (x, y, z) -> (x, -z, y) makes of the camera's."""
    return np.stack([z_up[..., 1], -z_up[..., 0], z_up[..., 2]], axis=-1)


def test_a_skeleton_file_is_read_upright_in_metres_at_30_a_second(tmp_path: Path, places) -> None:
    dataset = read([write_skeleton(tmp_path / "S001C002P003R001A013.skeleton", {7: kinect(places)})])
    np.testing.assert_allclose(world(dataset)[:, EXACT], in_our_axes(truth(places))[:, EXACT], atol=1e-5)
    assert set(dataset.per_clip["fps"]) == {30}
    assert set(dataset.per_clip["subject"]) == {"NTU003"}
    assert set(dataset.per_clip["action"]) == {"A013"}
    assert dataset.about["found"]["skeleton"] == {"ntu25": 1}
    assert dataset.about["layouts"]["ntu25"]["Spine"] == "SpineMid"
    assert any("approximate joints of ntu25: Thorax" in warning for warning in dataset.warnings)


def test_bodies_and_what_is_lost_make_clips_of_their_own(tmp_path: Path, places) -> None:
    first = kinect(places)
    second = first + 1
    second[:20] = np.nan
    states = np.full((60, 25), 2)
    states[25:35, 6] = 0
    states[25:35, 24] = 0
    file = write_skeleton(tmp_path / "walk.skeleton", {7: first, 9: second}, {7: states})
    dataset = read([file], test=("walk-body2",))
    assert dataset.per_clip["name"].tolist() == ["walk-1", "walk-2", "walk-body2"]
    assert dataset.per_clip["length"].tolist() == [25, 25, 40]
    frames = np.concatenate([np.arange(25), np.arange(35, 60), np.arange(20, 60)])
    np.testing.assert_array_equal(dataset.per_sample["frame"], frames)
    expected = in_our_axes(truth(places))
    np.testing.assert_allclose(world(dataset)[:50, EXACT], expected[frames[:50]][:, EXACT], atol=1e-5)
    np.testing.assert_allclose(world(dataset)[50:, EXACT], expected[20:, EXACT] + np.array([1, -1, 1]), atol=1e-5)
    assert any("10 of 60 frames are left out" in warning for warning in dataset.warnings)
    assert any("20 of 60 frames of body2 are left out" in warning for warning in dataset.warnings)


def test_what_is_left_of_a_take_is_in_one_split(tmp_path: Path, places) -> None:
    states = np.full((60, 25), 2)
    states[25:35, 6] = 0
    for take in "abcdef":
        write_skeleton(tmp_path / f"{take}.skeleton", {7: kinect(places)}, {7: states})
    dataset = read([tmp_path])
    split = dataset.split[dataset.per_clip["start"]]
    assert dataset.per_clip["name"].tolist() == [f"{take}-{part}" for take in "abcdef" for part in (1, 2)]
    np.testing.assert_array_equal(split[::2], split[1::2])
    assert 0 < split.sum() < 12


def test_joints_of_no_use_may_be_lost(tmp_path: Path, places) -> None:
    states = np.full((60, 25), 2)
    states[:, 21:] = 0
    dataset = read([write_skeleton(tmp_path / "walk.skeleton", {7: kinect(places)}, {7: states})])
    assert len(dataset.samples) == 60


def test_a_body_that_never_shows_a_joint_is_refused_by_that_joint(tmp_path: Path, places) -> None:
    states = np.full((60, 25), 2)
    states[:, 14] = 0
    with pytest.raises(InvalidInputError, match="AnkleLeft is in 0 of 60"):
        read([write_skeleton(tmp_path / "walk.skeleton", {7: kinect(places)}, {7: states})])


def test_a_rate_that_divides_picks_frames(tmp_path: Path, places) -> None:
    dataset = read([write_skeleton(tmp_path / "walk.skeleton", {7: kinect(places)})], fps=10)
    np.testing.assert_array_equal(dataset.per_sample["frame"], np.arange(0, 60, 3))


# --- C3D --------------------------------------------------------------------------------------------------------------

CMU = {"LASI": "LFWT", "RASI": "RFWT", "LPSI": "LBWT", "RPSI": "RBWT"}
# Mean errors in mm in upright postures: hips by Harrington's equations, 12 mm narrower than this body's; the thorax
# between C7 and CLAV; elbows at their outside. Hip and Neck/Nose are held against hips and the skull's base below.
MARKER_ERRORS = {
    "RHip": 20, "RKnee": 15, "RFoot": 15, "LHip": 20, "LKnee": 15, "LFoot": 15, "Spine": 45, "Thorax": 40, "Head": 25,
    "LShoulder": 15, "LElbow": 41, "LWrist": 1, "RShoulder": 15, "RElbow": 41, "RWrist": 1,
}  # fmt: skip


def markers(places: dict[str, np.ndarray], scale: float = 1000) -> np.ndarray:
    return scale * np.stack([places[name] for name in MARKERS], axis=1)


@pytest.mark.parametrize("names", [{}, CMU], ids=["plug-in-gait", "cmu"])
@pytest.mark.parametrize(("unit", "scale"), [("mm", 1000), ("m", 1), ("", 1000)])
def test_joints_are_placed_from_markers(tmp_path: Path, places, names: dict, unit: str, scale: float) -> None:
    pytest.importorskip("c3d")
    labels = [f"Ann:{names.get(name, name)}" for name in MARKERS]
    dataset = read([write_c3d(tmp_path / "a.c3d", markers(places, scale), labels, 120.0, unit)])
    error = 1000 * np.linalg.norm(world(dataset) - truth(places), axis=-1).mean(axis=0)
    from posectl.data.skeleton import H36M17

    for joint, most in MARKER_ERRORS.items():
        assert error[H36M17.joints.index(joint)] < most, joint
    hips = (places["left_hip"] + places["right_hip"]) / 2
    assert 1000 * np.linalg.norm(dataset.per_sample["root"] - hips, axis=-1).max() < 5
    assert 1000 * np.linalg.norm(world(dataset)[:, 9] - places["head"], axis=-1).max() < 50
    assert set(dataset.per_clip["fps"]) == {120}
    assert any("placed from markers on the skin" in warning for warning in dataset.warnings)


def test_joint_centres_go_before_markers(tmp_path: Path, places) -> None:
    pytest.importorskip("c3d")
    centres = {"LHJC": "left_hip", "RHJC": "right_hip", "LKJC": "left_knee", "RKJC": "right_knee", "LAJC": "left_ankle",
               "RAJC": "right_ankle", "LEJC": "left_elbow", "REJC": "right_elbow"}  # fmt: skip
    points = np.concatenate([markers(places), 1000 * np.stack([places[p] for p in centres.values()], axis=1)], axis=1)
    dataset = read([write_c3d(tmp_path / "a.c3d", points, [*MARKERS, *centres], 100.0)])
    known = [1, 2, 3, 4, 5, 6, 12, 15]
    np.testing.assert_allclose(world(dataset)[:, known], truth(places)[:, known], atol=1e-5)


def test_points_that_bear_a_layouts_names_are_read_as_that(tmp_path: Path, places) -> None:
    """As Pose2Sim and others write joints."""
    pytest.importorskip("c3d")
    labels = LAYOUTS["smpl24"].split()
    dataset = read([write_c3d(tmp_path / "a.c3d", 1000 * in_layout(places, "smpl24"), labels, 60.0)])
    np.testing.assert_allclose(np.delete(world(dataset) - truth(places), [9, 10], axis=1), 0, atol=1e-5)
    assert any("approximate joints of smpl22: Neck/Nose" in warning for warning in dataset.warnings)


def test_a_hidden_marker_cuts_a_clip_and_a_short_gap_does_not(tmp_path: Path, places) -> None:
    pytest.importorskip("c3d")
    points = markers(places)
    points[5:10, 3], points[30:50, 4] = np.nan, np.nan
    dataset = read([write_c3d(tmp_path / "a.c3d", points, list(MARKERS), 100.0)])
    assert dataset.per_clip["length"].tolist() == [30, 10]
    assert any("20 of 60 frames are left out" in warning for warning in dataset.warnings)
    assert any("in 5 frames points out of sight" in warning for warning in dataset.warnings)


def test_every_subject_of_a_c3d_file_is_a_clip(tmp_path: Path, places) -> None:
    pytest.importorskip("c3d")
    labels = [f"{who}:{name}" for who in ("Ann", "Bob") for name in MARKERS] + ["Wand:1", "Wand:2"]
    two = np.concatenate([markers(places), markers(places) + 1000, np.zeros((60, 2, 3)) + 1], axis=1)
    dataset = read([write_c3d(tmp_path / "a.c3d", two, labels, 100.0)], test=("a-Bob",))
    assert dataset.per_clip["name"].tolist() == ["a-Ann", "a-Bob"]
    apart = world(dataset)[60:] - world(dataset)[:60]
    np.testing.assert_allclose(apart, 1, atol=1e-5)


def test_a_file_without_the_markers_says_which_it_lacks_and_has_and_drafts_a_map(tmp_path: Path, places) -> None:
    pytest.importorskip("c3d")
    legs = [place for place, name in enumerate(MARKERS) if name[1:] not in ("ELB", "WRA", "WRB")]
    names = [name for place, name in enumerate(MARKERS) if place in legs]
    file = write_c3d(tmp_path / "a.c3d", markers(places)[:, legs], names, 100.0)
    with pytest.raises(
        InvalidInputError, match=r"markers: lacks LELB, LWRB, RELB, RWRB.*Its nodes: LASI, RASI"
    ) as caught:
        read([file])
    assert "--show-joints" in caught.value.hint
    draft = show_joints([file])
    assert "LElbow: '?'" in draft
    assert "# LASI" in draft
