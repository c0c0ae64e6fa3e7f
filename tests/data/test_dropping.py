"""Datasets without their bad frames: what stays, and the record of what went."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data.joints import H36M32_TO_17

from posectl.data.checks import check
from posectl.data.dataset import Dataset
from posectl.data.dropping import without_bad
from posectl.data.readers.arrays import read as read_arrays
from posectl.data.readers.h36m import read as read_h36m
from posectl.data.readers.mannequin import read as mannequin
from posectl.errors import InvalidInputError


@pytest.fixture(scope="module")
def people() -> Dataset:
    """39 clips of 30 frames."""
    return mannequin([], subjects=3, seconds=1)


def test_frames_go_with_all_that_is_known_of_them_and_clips_close_up(people: Dataset) -> None:
    samples = people.samples.copy()
    samples[[5, 6, 40]] = 0
    samples[60:90] = np.nan
    dataset = without_bad(replace(people, samples=samples))
    kept = np.setdiff1d(np.arange(len(samples)), [5, 6, 40, *range(60, 90)])
    np.testing.assert_array_equal(dataset.samples, people.samples[kept])
    np.testing.assert_array_equal(dataset.split, people.split[kept])
    for key in ("root", "frame", "phase"):
        np.testing.assert_array_equal(dataset.per_sample[key], people.per_sample[key][kept])
    names = np.delete(people.per_clip["name"], 2)
    np.testing.assert_array_equal(dataset.per_clip["name"], names)
    np.testing.assert_array_equal(dataset.per_clip["length"], [28, 29, *[30] * 36])
    np.testing.assert_array_equal(dataset.per_clip["start"], np.cumsum([0, 28, 29, *[30] * 35]))
    np.testing.assert_array_equal(dataset.per_sample["clip"], np.repeat(np.arange(38), dataset.per_clip["length"]))
    assert dataset.about["dropped"] == {"frames": 1170, "missing": [[60, 89]], "point": [[5, 6], [40, 40]]}
    assert check(dataset, "frames").warnings == []


def test_a_clip_is_cut_where_poses_jump_for_good(people: Dataset, test_data: Path, tmp_path: Path) -> None:
    raw = np.load(test_data / "poses" / "cmu17_tiny_train.npz")
    np.savez(tmp_path / "a.npz", positions=raw["positions"], split=np.arange(len(raw["positions"])) >= 1200)
    before = read_arrays([tmp_path / "a.npz"])
    after = without_bad(before)
    assert len(after.per_clip["name"]) > len(before.per_clip["name"])
    assert after.per_clip["name"][:2].tolist() == ["a_0", "a_0-2"]
    np.testing.assert_array_equal(
        after.per_clip["start"], np.cumsum(after.per_clip["length"]) - after.per_clip["length"]
    )
    assert not [each for each in check(after, "frames").warnings if "jump" in each]


def test_a_set_without_a_body_is_refused(people: Dataset) -> None:
    with pytest.raises(InvalidInputError, match="None of the 1,170 frames"):
        without_bad(replace(people, samples=np.zeros_like(people.samples)))


def test_a_sound_set_stays_as_it_is(people: Dataset) -> None:
    dataset = without_bad(people)
    np.testing.assert_array_equal(dataset.samples, people.samples)
    assert dataset.about["dropped"] == {"frames": 1170}
    np.testing.assert_array_equal(dataset.per_clip["name"], people.per_clip["name"])


def test_arrays_let_nan_pass_to_be_dropped(people: Dataset, tmp_path: Path) -> None:
    poses = people.samples[:60] * 1000
    poses[[17, 30]] = np.nan
    np.savez(tmp_path / "a.npz", positions=poses, root=np.where(poses[:, 0] == 0, 500.0, np.nan), units="mm")
    with pytest.raises(InvalidInputError, match="2 of 60 frames, the first at index 17") as caught:
        read_arrays([tmp_path / "a.npz"])
    assert "--drop-bad" in caught.value.hint
    dataset = without_bad(read_arrays([tmp_path / "a.npz"], drop_bad=True))
    kept = np.delete(np.arange(60), [17, 30])
    np.testing.assert_allclose(dataset.samples, people.samples[kept], atol=1e-6)
    np.testing.assert_allclose(dataset.per_sample["root"], 0.5)
    assert dataset.about["up"] == "+z"


def test_h36m_lets_joints_metres_apart_pass_to_be_dropped(people: Dataset, tmp_path: Path) -> None:
    poses = np.zeros((30, 32, 3), np.float32)
    poses[:, H36M32_TO_17] = people.samples[:30] + people.per_sample["root"][:30, None]
    poses[9, 27] += 50
    poses[12] = np.nan
    sequences = {"S1": {"Walking": poses}, "S9": {"Walking": poses[:20]}}
    np.savez(tmp_path / "data_3d_h36m.npz", positions_3d=np.array(sequences, dtype=object))
    with pytest.raises(InvalidInputError) as caught:
        read_h36m([tmp_path / "data_3d_h36m.npz"])
    assert "--drop-bad" in caught.value.hint
    dataset = without_bad(read_h36m([tmp_path / "data_3d_h36m.npz"], drop_bad=True))
    assert dataset.about["dropped"] == {"frames": 50, "missing": [[12, 12], [42, 42]], "long": [[9, 9], [39, 39]]}
    assert dataset.per_clip["length"].tolist() == [28, 18]
