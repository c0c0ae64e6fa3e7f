"""BVH files that are written, and read back by posectl's own reader."""

from __future__ import annotations

import numpy as np
import pytest
from data.motion.walks import J, walk

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.motion.bvh import bvh_of
from posectl.data.motion.turns import recording_of


def read_back(tmp_path, poses, fps):
    path = tmp_path / "out.bvh"
    path.write_text(bvh_of(recording_of(poses, fps)))
    return read_clip(MotionFile(path), Options())


@pytest.mark.parametrize("fps", [20.0, 24.0, 25.0, 29.97, 30.0, 59.94, 120.0])
def test_what_is_read_back_is_what_was_written(tmp_path, fps):
    poses = walk()
    clip = read_back(tmp_path, poses, fps)
    np.testing.assert_allclose(clip.poses + clip.root[:, None], poses, atol=1e-5)
    assert (clip.skeleton, clip.unit, clip.up, clip.warnings) == ("posectl", "m", "+y", ())
    assert clip.fps == pytest.approx(fps, rel=1e-7)


@pytest.mark.parametrize("frames", [1, 2])
def test_few_frames_are_read_back(tmp_path, frames):
    clip = read_back(tmp_path, walk(frames=frames), 30)
    np.testing.assert_allclose(clip.poses + clip.root[:, None], walk(frames=frames), atol=1e-5)


def test_somebody_who_lies_is_read_back_lying(tmp_path):
    lying = walk() @ np.array([(1, 0, 0), (0, 0, 1), (0, -1, 0)])
    clip = read_back(tmp_path, lying, 30)
    assert clip.up == "+y"
    np.testing.assert_allclose(clip.poses + clip.root[:, None], lying, atol=1e-5)


@pytest.mark.parametrize("file", ["dataset-2_walk-turn-left_normal_001.bvh", "dataset-1_walk-back_normal_001.bvh"])
def test_a_real_walk_whose_bones_hardly_change_is_read_back_within_a_millimetre(test_data, tmp_path, file):
    clip = read_clip(MotionFile(test_data / "raw" / "bandai" / file), Options())
    again = read_back(tmp_path, clip.poses + clip.root[:, None], clip.fps)
    assert (len(again.poses), again.fps) == (len(clip.poses), clip.fps)
    off = again.poses + again.root[:, None] - clip.poses - clip.root[:, None]
    assert np.linalg.norm(off, axis=-1).max() < 1e-3


def test_the_left_leg_is_on_the_left_of_the_file(tmp_path):
    """At rest the person looks along z, with y up: the left is along x."""
    lines = bvh_of(recording_of(walk(), 30)).splitlines()
    offset = lines[next(i for i, line in enumerate(lines) if line.endswith("JOINT LeftUpLeg")) + 2]
    assert float(offset.split()[1]) == pytest.approx(0.12, abs=0.01)
    assert lines[1] == "ROOT Hips"
    assert "Frames: 60" in lines


def test_angles_go_on_rather_than_jump():
    """Somebody who turns round and round is turned by more than a full turn in the end."""
    spin = np.linspace(0, 5 * np.pi, 90)
    cos, sin = np.cos(spin), np.sin(spin)
    poses = walk(frames=1).repeat(90, axis=0)
    turned = poses.copy()
    turned[..., 0] = cos[:, None] * poses[..., 0] - sin[:, None] * poses[..., 1]
    turned[..., 1] = sin[:, None] * poses[..., 0] + cos[:, None] * poses[..., 1]
    text = bvh_of(recording_of(turned, 30))
    table = np.array([line.split() for line in text.splitlines()[-90:]], float)
    assert np.abs(np.diff(table[:, 3:], axis=0)).max() < 15
    assert np.ptp(table[:, 5]) == pytest.approx(900, abs=1e-3)


def test_the_left_wrist_is_left(tmp_path):
    clip = read_back(tmp_path, walk(), 30)
    assert (clip.poses[:, J["LWrist"], 0] < 0).all()
