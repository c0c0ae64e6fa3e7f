"""The train and test split of clips that come without one: about a fifth of the frames, and what was done in words."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.data.clips import Clips, train_test_split
from posectl.data.dataset import TEST


def clips(lengths: list[int], subjects: list[str] | None = None) -> Clips:
    length = np.array(lengths, np.int64)
    names = np.array([f"c{i}" for i in range(len(lengths))])
    subject = np.array(subjects or [""] * len(lengths))
    fps, start = np.full(len(lengths), 30, np.float32), np.cumsum(length) - length
    return Clips(names, subject, np.full(len(lengths), ""), fps, names, start, length)


def runs(split: np.ndarray, table: Clips) -> list[tuple[str, int, bool]]:
    """(name, frames, whether it is for test) of each clip, of which no frame may be for the other split."""
    rows = [split[start : start + length] for start, length in zip(table.start, table.length, strict=True)]
    assert all(len(set(row)) == 1 for row in rows)
    return [(str(name), len(row), row[0] == TEST) for name, row in zip(table.name, rows, strict=True)]


def test_whole_clips_are_for_test_where_they_come_to_about_a_fifth() -> None:
    table, split, how = train_test_split(clips([100] * 10))
    assert sum(frames for _, frames, test in runs(split, table) if test) == 200
    assert how == "whole clips to test, chosen by posectl: 200 of 1,000 frames, 20 %"


def test_whole_subjects_are_where_all_are_known() -> None:
    table, split, how = train_test_split(clips([100] * 10, ["a", "b", "c", "d", "e"] * 2))
    subjects = {str(table.subject[int(name[1:])]) for name, _, test in runs(split, table) if test}
    assert len(subjects) == 1
    assert how == "whole subjects to test, chosen by posectl: 200 of 1,000 frames, 20 %"


def test_whole_clips_are_where_that_is_asked_for_though_subjects_are_known() -> None:
    table, split, how = train_test_split(clips([100] * 10, ["a", "b", "c", "d", "e"] * 2), how="clips")
    assert [name for name, _, test in runs(split, table) if test] == [
        name for name, _, test in runs(*train_test_split(clips([100] * 10))[1::-1]) if test
    ]
    assert how.startswith("whole clips to test")


@pytest.mark.parametrize("subjects", [None, ["a", "b"]])
def test_two_large_clips_give_their_last_fifths(subjects) -> None:
    table, split, how = train_test_split(clips([523, 597], subjects))
    cut = [("c0", 419, False), ("c0-test", 104, True), ("c1", 478, False), ("c1-test", 119, True)]
    assert runs(split, table) == cut
    assert how == "the last fifth of each clip to test, chosen by posectl: 223 of 1,120 frames, 20 %"


def test_one_clip_among_the_large_does_not_stand_for_a_fifth() -> None:
    table, split, how = train_test_split(clips([600, 370, 30]))
    assert sum(frames for _, frames, test in runs(split, table) if test) == 120 + 74 + 6
    assert how.startswith("the last fifth of each clip")


def test_two_large_subjects_of_many_clips_are_not_kept_apart() -> None:
    table, _, how = train_test_split(clips([100] * 10, ["a", "b"] * 5))
    assert len(table.name) == 10
    assert how == "whole clips to test, chosen by posectl: 200 of 1,000 frames, 20 %"


def test_single_frames_are_never_cut() -> None:
    table, split, _ = train_test_split(clips([1, 9]))
    assert runs(split, table) == [("c0", 1, True), ("c1", 9, False)]
    _, split, how = train_test_split(clips([1, 1]))
    assert sorted(split) == [0, 1]
    assert how == "whole clips to test, chosen by posectl: 1 of 2 frames, 50 %"
