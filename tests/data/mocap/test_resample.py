"""Other frame rates: frames picked exactly, rotations interpolated else."""

from __future__ import annotations

import numpy as np
import pytest
from data.mocap.person import person_bvh

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.mocap.resample import frame_positions
from posectl.data.skeleton import H36M17


def clip_at(path, fps):
    return read_clip(MotionFile(path), Options(fps=fps))


@pytest.mark.parametrize(
    ("frames", "fps", "wanted", "expected"),
    [
        (9, 120, None, range(9)),
        (9, 120, 30, [0, 4, 8]),
        (8, 120, 30, [0, 4]),
        (1, 120, 30, [0]),
        (4, 1 / 0.0083333, 30, [0]),
        (13, 120, 50, [0, 2.4, 4.8, 7.2, 9.6, 12]),
        (3, 30, 60, [0, 0.5, 1, 1.5, 2]),
        (3, 30, 30, [0, 1, 2]),
    ],
)
def test_frames_lie_at_multiples_of_the_ratio_of_the_rates(frames, fps, wanted, expected):
    np.testing.assert_allclose(frame_positions(frames, fps, wanted), list(expected), atol=1e-12)


def test_a_rate_that_divides_picks_the_files_own_frames(test_data):
    path = test_data / "raw/cmu/12_01.bvh"
    whole, picked = clip_at(path, None), clip_at(path, 30)
    np.testing.assert_array_equal(picked.poses, whole.poses[::4])
    np.testing.assert_array_equal(picked.frames, np.arange(1, 524, 4))
    assert (picked.fps, picked.file_fps) == (30, 120)


def test_between_frames_a_turn_goes_on_at_the_same_speed(tmp_path):
    """A turn by 40 deg a frame and a straight walk, read at twice the rate, is a turn by 20 deg a frame."""
    path, fine = tmp_path / "a.bvh", tmp_path / "b.bvh"
    path.write_text(person_bvh([[0.02 * t, 0.95, 0, 0, 0, 40 * t] for t in range(6)], frame_time="0.1"))
    fine.write_text(person_bvh([[0.01 * t, 0.95, 0, 0, 0, 20 * t] for t in range(11)], frame_time="0.05"))
    between, expected = clip_at(path, 20), clip_at(fine, None)
    np.testing.assert_allclose(between.poses, expected.poses, atol=1e-6)
    np.testing.assert_allclose(between.root, expected.root, atol=1e-6)
    assert between.fps == 20


def test_interpolated_bones_keep_their_length(test_data):
    """Those between two nodes; the thorax and its neighbours are where the joint map puts them."""
    path = test_data / "raw/cmu/131_01.bvh"
    fixed = [1, 2, 4, 5, 8, 9, 11, 12, 14, 15]
    lengths = H36M17.bone_lengths(clip_at(path, 50).poses)[:, fixed]
    native = H36M17.bone_lengths(clip_at(path, None).poses)[:, fixed]
    np.testing.assert_allclose(lengths, np.broadcast_to(native[0], lengths.shape), atol=1e-5)


def test_whole_frames_among_interpolated_ones_are_the_files_own(test_data):
    path = test_data / "raw/cmu/12_01.bvh"
    whole, resampled = clip_at(path, None), clip_at(path, 50)
    np.testing.assert_allclose(resampled.poses[::5], whole.poses[::12], atol=1e-6)


def test_a_still_person_stays_still_at_any_rate(tmp_path):
    path = tmp_path / "a.bvh"
    path.write_text(person_bvh([[0, 0.95, 0, 10, 20, 30]] * 5))
    poses = clip_at(path, 47.3).poses
    np.testing.assert_allclose(poses, np.broadcast_to(poses[0], poses.shape), atol=1e-6)
