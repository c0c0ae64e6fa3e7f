"""Subjects and actions from the names of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from posectl.data.mocap.takes import Take, clip_names, take_of


@pytest.mark.parametrize(
    ("name", "subject", "action", "style"),
    [
        ("01_01.bvh", "CMU01", "", ""),
        ("131_02.bvh", "CMU131", "", ""),
        ("7_1.amc", "CMU07", "", ""),
        ("49_08_poses.bvh", "CMU49", "", ""),
        ("dataset-1_bow_normal_001.bvh", "BN1-normal", "bow", "normal"),
        ("dataset-2_walk-turn-left_not-confident_012.bvh", "BN2-not-confident", "walk-turn-left", "not-confident"),
        ("walking_19.txt", "", "walking", ""),
        ("directing_traffic_2.txt", "", "directing_traffic", ""),
        ("soccer_1__is_11_01.txt", "", "soccer", ""),
        ("walking_19.bvh", "", "", ""),
        ("Hip Hop Dancing.bvh", "", "", ""),
        ("2024_0117_take.bvh", "", "", ""),
    ],
)
def test_names_tell_subject_action_and_style_where_they_follow_a_databases_pattern(name, subject, action, style):
    assert take_of(Path(name)) == Take(subject, action, style)


def test_clips_are_called_after_their_files_with_as_much_as_makes_them_different():
    paths = [Path(p) for p in ("a/x.bvh", "a/y.bvh", "a/y.amc", "a/z.bvh", "b/z.bvh", "c/a/w.bvh", "d/a/w.bvh")]
    names = ["x", "y.bvh", "y.amc", "a/z.bvh", "b/z.bvh", "c/a/w.bvh", "d/a/w.bvh"]
    assert clip_names(paths) == names
