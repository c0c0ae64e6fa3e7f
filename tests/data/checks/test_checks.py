"""What the check tells of samples of every kind: how many, in which split, and which of them repeat or are broken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posectl.data.checks import check
from posectl.data.dataset import TEST, Dataset


def test_sound_data_give_no_warning_and_their_figures(people: Dataset) -> None:
    assert check(people, "frames").warnings == []
    told = dict(check(people, "frames").rows)
    assert told["frames"] == "1,170: 780 train, 390 test"
    assert told["clips"] == "39 at 30 fps, 1.0 to 1.0 s"
    assert told["subjects"] == "3: m01, m02, m03; 0 in both splits"
    assert told["actions"].startswith("13: ")
    assert told["actions"].endswith("; 13 in both splits")
    assert told["joints"].startswith("17, h36m17: Hip RHip RKnee")
    assert told["unit"] == "m"
    assert told["up"].startswith("+z; thoraxes lie along +z")
    assert told["duplicates"] == "none"


def test_non_finite_frames_are_counted_and_left_out_of_the_rest(people: Dataset) -> None:
    samples = people.samples.copy()
    samples[41, 3, 1], samples[1000] = np.nan, np.inf
    report = check(replace(people, samples=samples), "frames")
    assert report.warnings == ["Frames with NaN or infinity: 2, the first at index 41."]
    assert "nan" not in str(report.rows)


def test_repeated_frozen_and_leaked_frames_are_told_apart(people: Dataset) -> None:
    samples = people.samples.copy()
    samples[11:14] = samples[10]
    samples[200] = samples[100]
    test = np.flatnonzero(people.split == TEST)[0]
    samples[test] = samples[300]
    report = check(replace(people, samples=samples), "frames")
    assert report.warnings == [
        "Frames to which poses jump, and from which they jump back: 1, the first at index 200.",
        "Frames that repeat another exactly: 5, 3 of them the frame before, the first at index 11.",
        "Test frames that are in the train split too: 1.",
    ]


def test_an_empty_split_is_warned_of(people: Dataset) -> None:
    assert "test split is empty" in check(replace(people, split=np.zeros_like(people.split)), "frames").warnings[0]


def test_images_are_counted_and_searched_for_duplicates() -> None:
    images = np.linspace(-1, 1, 40 * 64, dtype=np.float32).reshape(40, 1, 8, 8)
    images[7] = images[3]
    report = check(Dataset(images, np.arange(40) % 2, about={"kind": "images"}), "images")
    assert dict(report.rows)["images"] == "40: 20 train, 20 test"
    assert report.warnings == ["Images that repeat another exactly: 1, the first at index 7."]


@pytest.mark.parametrize(
    ("rates", "about", "said"),
    [
        ([30, 120, 5, 1000], {}, None),
        ([30, 0.03333, 33333, 30], {}, "2 of 4 clips are at 0.03333, 3.333e+04 frames a second"),
        ([30, 0, 30, 30], {}, "1 of 4 clips are at 0 frames a second"),
        ([30, float("nan"), 30, 30], {}, "1 of 4 clips are at nan frames a second"),
        ([0.78125] * 4, {"subsample": 64}, None),
    ],
)
def test_rates_at_which_no_motion_is_recorded_are_doubted(rates, about, said):
    """Of every source, for the rate is the clip table's; a file's own rate comes before the one it is brought to."""
    samples = np.random.default_rng(0).normal(size=(8, 17, 3)).astype(np.float32)
    start = np.arange(0, 8, 2)
    per_clip = {"start": start, "length": np.full(4, 2), "fps": np.array(rates, np.float32)}
    dataset = Dataset(samples, np.arange(8) % 2, per_clip=per_clip, about={"kind": "numbers", **about})

    def doubts(dataset):
        return [warning for warning in check(dataset, "frames").warnings if "check the rate" in warning]

    brought_to_30 = {**per_clip, "file_fps": per_clip["fps"], "fps": np.full(4, 30)}
    for doubted in (dataset, replace(dataset, per_clip=brought_to_30)):
        assert [said in warning for warning in doubts(doubted)] == ([True] if said else [])
