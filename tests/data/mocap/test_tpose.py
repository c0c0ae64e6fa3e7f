"""The artificial T pose at the start of CMU's files: left out where it is one, kept where it is motion."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.data.readers.mocap import read


@pytest.fixture
def cmu(tmp_path, test_data):
    """A function that writes a file of chosen frames of CMU's 01_01.bvh, of which frame 0 is the T pose."""
    head, _, motion = (test_data / "raw/cmu/01_01.bvh").read_text().partition("Frames: 2752")
    rows = motion.split("\n")[2:]

    def write(*frames, name="a.bvh", edit=lambda row: row):
        path = tmp_path / name
        text = "\n".join(edit(rows[frame]) for frame in frames)
        path.write_text(f"{head}Frames: {len(frames)}\nFrame Time: .0083333\n{text}\n")
        return path

    return write


def clip(path):
    return read_clip(MotionFile(path), Options())


def test_a_t_pose_at_the_start_is_left_out_with_its_repeats_and_that_is_said(cmu):
    once, twice = clip(cmu(0, 1, 2, 3)), clip(cmu(0, 0, 0, 1, 2))
    np.testing.assert_array_equal(once.frames, [1, 2, 3])
    np.testing.assert_array_equal(twice.frames, [3, 4])
    assert once.warnings == ("frame 0 is left out, an artificial T pose.",)
    assert twice.warnings == ("the first 3 frames are left out, an artificial T pose.",)


def test_motion_at_the_start_is_kept(cmu):
    kept = clip(cmu(1, 2, 3))
    np.testing.assert_array_equal(kept.frames, [0, 1, 2])
    assert kept.warnings == ()
    np.testing.assert_array_equal(kept.poses, clip(cmu(0, 1, 2, 3)).poses)
    assert len(clip(cmu(1)).poses) == 1


def test_a_rest_pose_without_a_turned_node_is_left_out_wherever_the_body_faces(cmu):
    """Its legs are 20 degrees apart, for the offsets of CMU's legs are."""
    numbers = iter(["x"])

    def unturned(row: str) -> str:
        place = row.split()[:3]
        return " ".join([*place, "10", "70", "20", *["0"] * 90]) if next(numbers, None) else row

    np.testing.assert_array_equal(clip(cmu(0, 1, 2, edit=unturned)).frames, [1, 2])


def test_one_sentence_tells_of_all_the_files(cmu, tmp_path):
    for name in "abc":
        cmu(0, 1, 2, name=f"{name}.bvh")
    told = [warning for warning in read([tmp_path]).warnings if "T pose" in warning]
    assert told == ["a.bvh and 2 other files: frame 0 is left out, an artificial T pose."]
