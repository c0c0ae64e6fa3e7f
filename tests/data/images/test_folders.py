"""What the names of folders and files say: labels, splits, and the views of turntables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.readers.images import read
from posectl.errors import InvalidInputError, NotFoundError, UsageError


def put(folder: Path, *names: str) -> Path:
    """Pictures of these names, each of its own brightness."""
    for index, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), index, np.uint8)).save(path)
    return folder


def brightness(samples: np.ndarray) -> list[int]:
    """The numbers that `put` gave."""
    return np.round((samples[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()


def test_folders_are_labels_and_files_come_in_natural_order(tmp_path: Path) -> None:
    dataset = read([put(tmp_path, "dog/10.png", "cat/b.png", "dog/9.png", "cat/deep/a.png")])
    assert brightness(dataset.samples) == [1, 3, 2, 0]
    assert dataset.per_sample["label"].tolist() == [0, 0, 1, 1]
    assert dataset.about["classes"] == 2
    assert dataset.about["class_names"] == ["cat", "dog"]


def test_numbered_folders_are_classes_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    assert read([put(tmp_path, "10/a.png", "9/a.png")]).about["class_names"] == ["9", "10"]


def test_folders_named_one_by_one_are_labels_too(tmp_path: Path) -> None:
    put(tmp_path, "cat/1.png", "cat/2.png", "dog/1.png")
    assert read([tmp_path / "dog", tmp_path / "cat"]).about["class_names"] == ["cat", "dog"]


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    dataset = read([put(tmp_path, "1.png", "2.png")])
    assert "label" not in dataset.per_sample
    assert "classes" not in dataset.about


def test_pictures_beside_the_folders_leave_no_labels_and_a_warning(tmp_path: Path) -> None:
    dataset = read([put(tmp_path, "cat/1.png", "dog/2.png", "stray.png")])
    assert "label" not in dataset.per_sample
    assert dataset.warnings == [
        "1 images lie in no folder of their own, so that no folder is taken for a label (the first is stray.png)."
    ]


@pytest.mark.parametrize("names", [("train", "test"), ("training", "val"), ("Train", "validation")])
def test_folders_called_train_and_test_are_the_split(tmp_path: Path, names: tuple[str, str]) -> None:
    train, test = names
    dataset = read([put(tmp_path, f"{train}/a/1.png", f"{train}/b/1.png", f"{test}/a/1.png", f"{train}/a/2.png")])
    assert sorted(brightness(dataset.samples[dataset.split == TEST])) == [2]
    assert dataset.about["class_names"] == ["a", "b"]
    assert dataset.about["split"] == "as the files say"


def test_a_folder_called_val_beside_one_called_test_is_for_validation(tmp_path: Path) -> None:
    folder = put(tmp_path, "train/a/1.png", "val/a/1.png", "test/a/1.png", "test/a/2.png")
    dataset = read([folder])
    found = {part: sorted(brightness(dataset.samples[dataset.split == part])) for part in (TRAIN, VALIDATION, TEST)}
    assert found == {TRAIN: [0], VALIDATION: [1], TEST: [2, 3]}


def test_the_test_option_names_its_files(tmp_path: Path) -> None:
    put(tmp_path, "mine/b/1.png", "mine/a/1.png", "theirs/b/1.png", "theirs/c/1.png")
    dataset = read([tmp_path / "mine"], test=(tmp_path / "theirs",))
    assert dataset.split.tolist() == [0, 0, 1, 1]
    assert brightness(dataset.samples) == [1, 0, 2, 3]
    assert dataset.about["class_names"] == ["a", "b", "c"]
    assert dataset.per_sample["label"].tolist() == [0, 1, 1, 2]
    with pytest.raises(UsageError, match="both say what is for test"):
        read([tmp_path / "mine"], test=(tmp_path / "theirs",), split="random")


def test_without_a_word_a_fifth_drawn_by_the_seed_is_for_test(tmp_path: Path) -> None:
    put(tmp_path, *(f"{index}.png" for index in range(50)))
    splits = [read([tmp_path], seed=seed).split for seed in (0, 0, 1)]
    assert [int(split.sum()) for split in splits] == [10, 10, 10]
    assert (splits[0] == splits[1]).all()
    assert (splits[0] != splits[2]).any()


def turntable(folder: Path, objects: tuple[int, ...], views: range) -> Path:
    return put(folder, *(f"obj{number}__{view}.png" for number in objects for view in views))


def test_coil_100_names_degrees(tmp_path: Path) -> None:
    dataset = read([turntable(tmp_path, (10, 9), range(0, 360, 5))])
    assert brightness(dataset.samples[[0, 1, 72]]) == [72, 73, 0]  # object 9 comes first
    assert dataset.per_sample["azimuth"].tolist() == [*range(0, 360, 5)] * 2
    assert dataset.per_sample["object"].tolist() == [9] * 72 + [10] * 72
    assert dataset.per_sample["label"].tolist() == [0] * 72 + [1] * 72
    assert dataset.about["class_names"] == ["obj9", "obj10"]
    assert dataset.about["factors"] == ["azimuth"]
    assert dataset.about["periods"] == {"azimuth": 360.0}
    assert "Columbia" in dataset.about["citation"]


def test_coil_20_counts_steps_of_five_degrees(tmp_path: Path) -> None:
    dataset = read([turntable(tmp_path, (1,), range(72))])
    assert dataset.per_sample["azimuth"].tolist() == [*range(0, 360, 5)]
    assert "label" not in dataset.per_sample  # one object is no class
    assert set(dataset.per_sample["object"].tolist()) == {1}


def test_a_view_beyond_a_turn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"obj1__360\.png is at 360 degrees"):
        read([put(tmp_path, "obj1__0.png", "obj1__360.png")])


def test_objects_are_chosen_by_number(tmp_path: Path) -> None:
    turntable(tmp_path, (1, 2, 11), range(0, 360, 90))
    assert set(read([tmp_path], objects=("11", "obj2")).per_sample["object"].tolist()) == {2, 11}
    with pytest.raises(NotFoundError, match="no object 3") as caught:
        read([tmp_path], objects=("3",))
    assert caught.value.hint == "Those that there are: 1, 2, 11."


def test_objects_are_a_matter_of_turntables(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--objects"):
        read([put(tmp_path, "1.png", "2.png")], objects=("1",))


def test_every_fifth_view_can_be_for_test(tmp_path: Path) -> None:
    dataset = read([turntable(tmp_path, (1, 2), range(0, 360, 5))], split="azimuth")
    for number in (1, 2):
        chosen = (dataset.per_sample["object"] == number) & (dataset.split == TEST)
        assert dataset.per_sample["azimuth"][chosen].tolist() == [*range(20, 360, 25)]


def test_whole_objects_can_be_for_test(tmp_path: Path) -> None:
    dataset = read([turntable(tmp_path, tuple(range(1, 11)), range(0, 360, 90))], split="object")
    test = set(dataset.per_sample["object"][dataset.split == TEST].tolist())
    train = set(dataset.per_sample["object"][dataset.split != TEST].tolist())
    assert len(test) == 2
    assert not test & train


@pytest.mark.parametrize(("split", "said"), [("azimuth", "no azimuth"), ("object", "no object"), ("rondom", "rondom")])
def test_a_split_by_what_is_not_there_is_refused(tmp_path: Path, split: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read([put(tmp_path, "1.png", "2.png")], split=split)  # type: ignore[arg-type]


def test_one_object_cannot_be_split_by_objects(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one object to split by"):
        read([turntable(tmp_path, (1,), range(0, 360, 5))], split="object")


def test_two_real_objects_turn_once_each(test_data: Path) -> None:
    dataset = read([test_data / "coil"], size=32)
    assert dataset.samples.shape == (144, 3, 32, 32)
    assert int((dataset.split == TEST).sum()) == 29
    for number in (5, 14):
        of_it = dataset.per_sample["object"] == number
        assert dataset.per_sample["azimuth"][of_it].tolist() == [*range(0, 360, 5)]
        # Neighbouring views are alike, the last and the first as much as any.
        views = dataset.samples[of_it]
        steps = ((views - np.roll(views, -1, axis=0)) ** 2).mean(axis=(1, 2, 3))
        apart = ((views - np.roll(views, -18, axis=0)) ** 2).mean(axis=(1, 2, 3))
        assert steps.max() < apart.mean()


def test_a_table_of_labels_beside_pictures_is_named(tmp_path: Path) -> None:
    for k in range(5):
        Image.new("L", (8, 8), 40 * k).save(tmp_path / f"{k}.png")
    (tmp_path / "labels.csv").write_text("file,label\n0.png,1\n")
    (tmp_path / "readme.txt").write_text("hello")
    assert read([tmp_path]).warnings == ["labels.csv was not read: a picture's label is the folder that it is in."]
