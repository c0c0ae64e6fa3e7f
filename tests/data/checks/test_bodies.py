"""Frames that no body can be in: those that are planted are found, with their number and the first, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posectl.data.checks import check
from posectl.data.checks.bodies import find_bad
from posectl.data.dataset import Dataset
from posectl.data.readers.arrays import read as read_arrays
from posectl.data.readers.mannequin import read as mannequin
from posectl.data.skeleton import H36M17

JOINT = {name: joint for joint, name in enumerate(H36M17.joints)}
ELBOW, WRIST = JOINT["LElbow"], JOINT["LWrist"]
SETS = ["cmu17_tiny", "cmu17", "bandai17"]


def found(dataset: Dataset) -> dict[str, list[list[int]]]:
    """The [first, last] of the runs of bad frames, by reason, and of cuts."""
    bad = find_bad(dataset)
    runs = {name: value for name, value in bad.record().items() if name != "frames"}
    return runs | ({"cuts": np.flatnonzero(bad.cuts).tolist()} if bad.cuts.any() else {})


def spoilt(people: Dataset, change: Callable[[np.ndarray], None]) -> Dataset:
    samples = people.samples.copy()
    change(samples)
    return replace(people, samples=samples)


def put(frames: slice, value: Callable[[np.ndarray], object]) -> Callable[[np.ndarray], None]:
    def change(x: np.ndarray) -> None:
        x[frames] = value(x)

    return change


def wrist_away(x: np.ndarray) -> None:
    x[7:11, WRIST, 0] += 50


def wrist_at_the_pelvis(x: np.ndarray) -> None:
    x[35:37, WRIST] = 0


def wrist_at_the_elbow(x: np.ndarray) -> None:
    x[3, WRIST] = x[3, ELBOW]


def turned_round(x: np.ndarray) -> None:
    x[40] *= [-1, -1, 1]


@pytest.mark.parametrize(
    ("change", "reason", "runs", "says"),
    [
        (put(slice(20, 21), lambda x: 0), "point", [[20, 20]], "all joints in one point: 1, the first at index 20."),
        (put(slice(20, 22), lambda x: x[20, :1] + 1), "point", [[20, 21]], "one point: 2, the first at index 20."),
        (wrist_away, "long", [[7, 10]], "longer than any body's: 4, the first at index 7 (left forearm 50,"),
        (put(slice(5, 6), lambda x: 3 * x[5]), "long", [[5, 5]], "longer than any body's: 1, the first at index 5"),
        (wrist_at_the_pelvis, "origin", [[35, 36]], "joints at the origin: 2, the first at index 35."),
        (wrist_at_the_elbow, "short", [[3, 3]], "of hardly any length: 1, the first at index 3 (left forearm 0 mm"),
        (turned_round, "glitch", [[40, 40]], "jump, and from which they jump back: 1, the first at index 40."),
        (put(slice(11, 19), lambda x: x[10]), "frozen", [[11, 18]], "8 of them the frame before, the first at index"),
    ],
)  # fmt: skip
def test_planted_frames_are_found_and_told(
    people: Dataset, change: Callable[[np.ndarray], None], reason: str, runs: list[list[int]], says: str
) -> None:
    dataset = spoilt(people, change)
    assert found(dataset) == {reason: runs}
    assert [warning for warning in check(dataset, "frames").warnings if says in warning], check(dataset, "frames")


def test_a_glitch_of_several_frames_is_theirs_and_a_cut_is_nobodys_fault(people: Dataset) -> None:
    """The clips of the mannequin, 30 frames each: frames of another person for a moment, and clips put end to end."""

    def another(x: np.ndarray) -> None:
        x[10:14] = x[610:614] @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.float32) * np.array([1, 1, -1])

    upside_down = spoilt(people, another)
    assert found(upside_down) == {"glitch": [[10, 13]]}
    joined = replace(people, per_sample={**people.per_sample, "clip": np.zeros(len(people.samples), np.int32)},
                     per_clip={key: value[:1] for key, value in people.per_clip.items()})  # fmt: skip
    assert found(joined).keys() <= {"cuts"}
    assert set(found(joined)["cuts"]) <= set(range(30, len(people.samples), 30))
    says = "to which poses jump for good, as where one take ends and another begins"
    assert any(says in warning for warning in check(joined, "frames").warnings)


def test_a_person_of_two_sizes_in_one_clip_is_no_body(people: Dataset) -> None:
    grown = spoilt(people, put(slice(20, 25), lambda x: 0.3 * x[20:25]))
    assert found(grown) == {"short": [[20, 24]]}


def test_bones_of_no_length_in_every_frame_are_a_skeletons_own(people: Dataset) -> None:
    def headless(x: np.ndarray) -> None:
        x[:, JOINT["Head"]] = x[:, JOINT["Neck/Nose"]]

    assert found(spoilt(people, headless)) == {}


def test_a_limb_that_stretches_all_the_time_is_told_with_its_spread(people: Dataset) -> None:
    rows = people.per_sample["clip"] < 13  # of one person
    one = replace(people, samples=people.samples[rows], split=people.split[rows],
                  per_sample={"clip": people.per_sample["clip"][rows]})  # fmt: skip
    stretch = np.random.default_rng(0).uniform(0.6, 1.5, rows.sum()).astype(np.float32)

    def elastic(x: np.ndarray) -> None:
        x[:, WRIST] = x[:, ELBOW] + stretch[:, None] * (x[:, WRIST] - x[:, ELBOW])

    dataset = spoilt(one, elastic)
    assert found(dataset) == {}
    (warning,) = [each for each in check(dataset, "frames").warnings if "spreads" in each]
    ratio = stretch / np.median(stretch)
    off = np.abs(ratio - 1) > 0.3
    assert warning == (
        f"The length of the left forearm spreads by {100 * ratio.std():.0f} %, as no bone's does; frames where it is "
        f"30 % off: {off.sum():,}, the first at index {off.argmax()}."
    )


def test_nothing_is_said_of_frames_in_any_order_or_far_apart(people: Dataset) -> None:
    order = np.random.default_rng(0).permutation(len(people.samples))
    for rows in (order, np.arange(0, len(order), 10)):
        clip = np.zeros(len(rows), np.int32)
        loose = replace(people, samples=people.samples[rows], per_sample={"clip": clip},
                        per_clip={"fps": np.array([30.0]), "name": np.array(["a"])})  # fmt: skip
        assert found(loose) == {}


@pytest.mark.parametrize("fps", [10.0, 30.0, 120.0])
def test_the_mannequin_is_a_body_at_any_rate(fps: float) -> None:
    assert found(mannequin([], subjects=4, seconds=2, fps=fps)) == {}


@pytest.mark.parametrize("name", SETS)
def test_real_motion_capture_is_of_bodies_but_for_takes_that_were_frozen(test_data: Path, name: str) -> None:
    dataset = read_arrays([test_data / "poses" / f"{name}_{part}.npz" for part in ("train", "test")])
    runs = found(dataset)
    assert runs.keys() <= {"frozen"}
    for first, last in runs.get("frozen", []):
        assert (dataset.samples[first - 1 : last + 1] == dataset.samples[first]).all()


@pytest.mark.parametrize("name", SETS)
def test_takes_put_end_to_end_are_cut_where_one_ends(test_data: Path, tmp_path: Path, name: str) -> None:
    raw = np.load(test_data / "poses" / f"{name}_train.npz")
    np.save(tmp_path / "a.npy", raw["positions"])
    runs = found(read_arrays([tmp_path / "a.npy"]))
    assert runs.keys() <= {"frozen", "cuts"}
    assert set(runs["cuts"]) <= set(raw["clip_start"].tolist())
