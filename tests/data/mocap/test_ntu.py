"""NTU RGB+D's .skeleton files: bodies, the frames in which they are, and joints that are not tracked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.mocap.ntufile import write_skeleton

from posectl.data.mocap.kinematics import forward
from posectl.data.mocap.ntu import read_skeleton
from posectl.errors import InvalidInputError

FIRST, SECOND = 72057594037931101, 72057594037931368


@pytest.fixture
def joints() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (20, 25, 3))


def places(recording) -> np.ndarray:
    """All nodes in all frames."""
    return forward(recording, recording.local(np.arange(recording.frames)))[0]


def test_joints_are_those_of_the_text(tmp_path: Path, joints: np.ndarray) -> None:
    (recording,) = read_skeleton(write_skeleton(tmp_path / "a.skeleton", {FIRST: joints}))
    assert (recording.fps, recording.unit, recording.frames, recording.part) == (30, "m", 20, "")
    assert (recording.names[0], recording.names[3], recording.names[20]) == ("SpineBase", "Head", "SpineShoulder")
    np.testing.assert_allclose(places(recording), joints, atol=1e-6)
    assert recording.seen.all()


def test_every_body_is_a_recording_with_the_frames_it_is_in(tmp_path: Path, joints: np.ndarray) -> None:
    first, second = joints.copy(), joints + 1
    first[12:], second[:8] = np.nan, np.nan
    one, two = read_skeleton(write_skeleton(tmp_path / "a.skeleton", {FIRST: first, SECOND: second}))
    assert (one.part, two.part) == ("", "-body2")
    np.testing.assert_array_equal(one.seen.all(axis=1), np.arange(20) < 12)
    np.testing.assert_array_equal(two.seen.all(axis=1), np.arange(20) >= 8)
    np.testing.assert_allclose(places(two)[8:], second[8:], atol=1e-6)


def test_untracked_joints_are_not_seen_and_inferred_ones_are(tmp_path: Path, joints: np.ndarray) -> None:
    states = np.full((20, 25), 2)
    states[5:12, 7], states[3, 4] = 0, 1
    (recording,) = read_skeleton(write_skeleton(tmp_path / "a.skeleton", {FIRST: joints}, {FIRST: states}))
    np.testing.assert_array_equal(recording.seen, states > 0)


def test_short_gaps_are_bridged_in_straight_lines_and_told(tmp_path: Path, joints: np.ndarray) -> None:
    """0.1 s are 3 frames at 30 a second."""
    states = np.full((20, 25), 2)
    states[5:8, 7] = 0
    (recording,) = read_skeleton(write_skeleton(tmp_path / "a.skeleton", {FIRST: joints}, {FIRST: states}))
    assert recording.seen.all()
    expected = joints[4, 7] + (joints[8, 7] - joints[4, 7]) * np.array([0.25, 0.5, 0.75])[:, None]
    np.testing.assert_allclose(places(recording)[5:8, 7], expected, atol=1e-6)
    assert "in 3 frames" in recording.warnings[0]


def test_words_for_numbers_that_are_none_count_only_where_joints_are(tmp_path: Path, joints: np.ndarray) -> None:
    path = write_skeleton(tmp_path / "a.skeleton", {FIRST: joints})
    text = path.read_text().replace("277.419", "-1.#IND")
    path.write_text(text)
    np.testing.assert_allclose(places(read_skeleton(path)[0]), joints, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text[: len(text) // 2].rsplit("\n", 1)[0], "cut short"),
        (lambda text: text.replace("\n25\n", "\n20\n", 1), "20 joints.*has 25"),
        (lambda text: "many" + text[2:], "line 1: 'many' is no number of frames"),
        (lambda text: text.replace("\n1\n", "\n-1\n", 1), "no number of bodies"),
        (lambda text: "3\n0\n0\n0\n", "no body in its 3 frames"),
        (lambda text: text.replace(text.splitlines()[4], "0.1 0.2"), "line 5.*no line of a joint"),
        (lambda text: text.replace(text.splitlines()[4], "0.1 zero 0.3 2"), "line 5: 'zero' is no number"),
        (lambda text: "9" * 400 + text[2:], "cut short"),
    ],
)
def test_damaged_files_are_refused_with_the_line(tmp_path: Path, joints: np.ndarray, change, says: str) -> None:
    path = write_skeleton(tmp_path / "a.skeleton", {FIRST: joints})
    path.write_text(change(path.read_text()))
    with pytest.raises(InvalidInputError, match=says) as caught:
        read_skeleton(path)
    assert caught.value.hint
