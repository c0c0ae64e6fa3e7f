"""The validation split: what is held out as a whole, how much, and that test samples stay what they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posectl.data.dataset import TEST, TRAIN, VALIDATION, Dataset
from posectl.data.readers.images import read as images
from posectl.data.readers.mannequin import read as mannequin
from posectl.data.readers.pole import read as pole
from posectl.data.validation import of_files, with_validation
from posectl.errors import InvalidInputError, UsageError


@pytest.fixture(scope="module")
def people() -> Dataset:
    """Six people, of whom m06 is for test, 13 clips of 15 frames each."""
    return mannequin([], subjects=6, seconds=0.5)


def _clips(dataset: Dataset, part: int) -> set[int]:
    return set(dataset.per_sample["clip"][dataset.split == part].tolist())


def test_whole_subjects_are_held_out_where_test_has_its_own(people: Dataset) -> None:
    held = with_validation(people, 0.2)
    subject = people.per_clip["subject"][people.per_sample["clip"]]
    parts = [set(subject[held.split == part].tolist()) for part in (TRAIN, VALIDATION, TEST)]
    assert [len(part) for part in parts] == [4, 1, 1]
    assert set.union(*parts) == {f"m0{i}" for i in range(1, 7)}
    np.testing.assert_array_equal(held.split == TEST, people.split == TEST)
    np.testing.assert_array_equal(held.samples, people.samples)
    assert held.about["validation"] == f"195 of 975 training samples, 20 %: whole subjects, {parts[1].pop()}"
    np.testing.assert_array_equal(with_validation(people, 0.2).split, held.split)


def test_files_that_hold_samples_out_are_taken_at_their_word(people: Dataset) -> None:
    held = with_validation(people, 0.2)
    told = {name: text for name, text in held.about.items() if name != "validation"}
    by_files = of_files(replace(held, about=told))
    assert by_files.about == {**told, "validation": "195 samples, as the files say"}
    assert "validation" not in of_files(people).about
    with pytest.raises(UsageError, match="validation samples of its own"):
        with_validation(by_files, 0.1)


def test_whole_clips_are_where_no_number_of_subjects_comes_to_the_share(people: Dataset) -> None:
    held = with_validation(people, 0.05)  # a subject is a fifth
    assert (held.split == VALIDATION).sum() == 3 * 15  # of 65 clips, 3.25 would be
    assert not _clips(held, VALIDATION) & _clips(held, TRAIN)
    assert held.about["validation"] == "45 of 975 training samples, 5 %: whole clips"


def test_subjects_that_test_shows_too_are_not_held_out_as_a_whole(people: Dataset) -> None:
    split = np.where(people.per_sample["clip"] % 5 == 0, TEST, TRAIN).astype(np.uint8)
    held = with_validation(replace(people, split=split), 0.2)
    subject = people.per_clip["subject"][people.per_sample["clip"]]
    assert set(subject[held.split == VALIDATION]) & set(subject[held.split == TRAIN])
    assert not _clips(held, VALIDATION) & _clips(held, TRAIN)


def test_the_last_part_of_each_clip_is_where_one_clip_would_be_left(people: Dataset) -> None:
    two = people.per_sample["clip"] < 2
    table = {name: column[:2] for name, column in people.per_clip.items()}
    per_sample = {name: values[two] for name, values in people.per_sample.items()}
    few = replace(people, samples=people.samples[two], split=people.split[two], per_sample=per_sample, per_clip=table)
    held = with_validation(few, 0.5)
    np.testing.assert_array_equal(held.split, np.tile([TRAIN] * 7 + [VALIDATION] * 8, 2))
    names = people.per_clip["name"][:2]
    assert held.per_clip["name"].tolist() == [names[0], f"{names[0]}-2", names[1], f"{names[1]}-2"]
    np.testing.assert_array_equal(held.per_clip["start"], [0, 7, 15, 22])
    np.testing.assert_array_equal(held.per_sample["clip"], np.repeat(range(4), [7, 8, 7, 8]))
    assert held.about["validation"] == "16 of 30 training samples, 53 %: the last part of each clip"


def test_images_are_drawn_by_the_seed_and_test_angles_stay(tmp_path: Path) -> None:
    scene = pole([], size=16)
    held, other = (with_validation(scene, 0.1, seed) for seed in (0, 1))
    assert (held.split == VALIDATION).sum() == round(0.1 * (scene.split == TRAIN).sum()) == 46
    np.testing.assert_array_equal(held.split == TEST, scene.split == TEST)
    assert (held.split != other.split).any()


@pytest.mark.parametrize(("split", "column"), [("azimuth", "azimuth"), ("object", "object")])
def test_views_and_objects_are_held_out_as_test_has_them(test_data: Path, split: str, column: str) -> None:
    turned = images([test_data / "coil"], size=8, split=split)
    if split == "object":  # of the two objects one is for test; a third comes to train
        turned.per_sample["object"] = np.where(turned.split == TRAIN, np.arange(144) % 2, 9)
    held = with_validation(turned, 0.1)
    values = [set(held.per_sample[column][held.split == part].tolist()) for part in (TRAIN, VALIDATION, TEST)]
    assert values[1]
    assert not values[1] & values[0]
    assert not values[1] & values[2]


@pytest.mark.parametrize("share", [0, 1, 1.5, -0.1, float("nan"), float("inf"), 5000, True, "a tenth"])
def test_what_is_no_share_is_refused(people: Dataset, share: float) -> None:
    with pytest.raises(UsageError, match="is no share of the training samples"):
        with_validation(people, share)


@pytest.mark.parametrize("left", [0, 1])
def test_a_set_without_two_training_samples_is_refused(people: Dataset, left: int) -> None:
    split = np.full_like(people.split, TEST)
    split[:left] = TRAIN
    with pytest.raises(InvalidInputError, match=f"Of {left} training sample"):
        with_validation(replace(people, split=split), 0.1)


def test_of_clips_of_one_frame_whole_ones_are_held_out(people: Dataset) -> None:
    count = 3
    table = {"name": np.array(["a", "b", "c"]), "start": np.arange(count), "length": np.ones(count, np.int64)}
    poses = Dataset(
        people.samples[:count], np.array([TRAIN, TRAIN, TEST], np.uint8), {"clip": np.arange(count)}, table, {}
    )
    assert sorted(with_validation(poses, 0.1).split.tolist()) == [TRAIN, TEST, VALIDATION]
