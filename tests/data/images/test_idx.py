"""MNIST's files: their format, which belongs to which, and damaged ones."""

from __future__ import annotations

import gzip
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from posectl.data.dataset import TEST
from posectl.data.readers.images import read
from posectl.errors import InvalidInputError

RNG = np.random.default_rng(0)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def put(folder: Path, name: str, count: int, *, packed: bool = True, labels: bool = True) -> tuple[np.ndarray, ...]:
    """A set of random images (count, 28, 28) and labels, as MNIST's files are called."""
    images = RNG.integers(0, 256, (count, 28, 28), np.uint8)
    digits = (np.arange(count) % 10).astype(np.uint8)
    files = [(f"{name}-images-idx3-ubyte", images)] + [(f"{name}-labels-idx1-ubyte", digits)] * labels
    for file, array in files:
        (folder / (file + ".gz" * packed)).write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    return images, digits


@pytest.mark.parametrize("packed", [True, False])
def test_train_and_test_are_found_by_name_with_their_labels(tmp_path: Path, packed: bool) -> None:
    (train, some), (test, others) = put(tmp_path, "train", 30, packed=packed), put(tmp_path, "t10k", 10, packed=packed)
    dataset = read([tmp_path])
    for images, digits, part in ((train, some, dataset.split != TEST), (test, others, dataset.split == TEST)):
        np.testing.assert_allclose(dataset.samples[part][:, 0, 2:-2, 2:-2], images / 127.5 - 1, atol=1e-6)
        assert dataset.per_sample["label"][part].tolist() == digits.tolist()
    assert dataset.samples.shape == (40, 1, 32, 32)
    assert dataset.about["classes"] == 10
    assert dataset.about["class_names"] == list("0123456789")


def test_ten_thousand_test_images_alone_are_split_eight_to_two(test_data: Path) -> None:
    dataset = read([test_data / "mnist"])
    assert dataset.samples.shape == (10_000, 1, 32, 32)
    assert int((dataset.split == TEST).sum()) == 2_000
    # The counts of digits in MNIST's test set, and its first ten.
    assert np.bincount(dataset.per_sample["label"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert dataset.per_sample["label"][:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    # Its mean pixel is 0.1325 of white over 28 x 28.
    assert ((dataset.samples.mean(dtype=np.float64) + 1) / 2 * 32**2 / 28**2) == pytest.approx(0.1325, abs=5e-4)


def test_one_file_brings_its_labels_but_not_the_other_set(tmp_path: Path) -> None:
    put(tmp_path, "train", 30)
    put(tmp_path, "t10k", 10)
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        dataset = read([tmp_path / name])
        assert len(dataset.samples) == 10
        assert dataset.per_sample["label"].tolist() == list(range(10))


def test_a_file_there_twice_plain_and_packed_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "train", 20)
    images, _ = put(tmp_path, "train", 20, packed=False)
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples[:, 0, 2:-2, 2:-2], images / 127.5 - 1, atol=1e-6)


def apart(folder: Path, name: str, images: str, labels: str) -> list[int]:
    """A set whose labels lie in another folder than its images."""
    _, digits = put(folder, name, 20)
    for file in folder.glob(f"{name}-*"):
        target = folder / (images if "images" in file.name else labels)
        target.mkdir(parents=True, exist_ok=True)
        file.rename(target / file.name)
    return digits.tolist()


@pytest.mark.parametrize(
    ("images", "labels", "named"),
    [
        ("images", "labels", "."),
        ("images", "labels", "images"),
        ("images", "labels", "images/train-images-idx3-ubyte.gz"),
        ("images", "labels", "labels/train-labels-idx1-ubyte.gz"),
        (".", "labels", "train-images-idx3-ubyte.gz"),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "."),
        ("a/b/images", "labels/c", "."),
    ],
)
def test_labels_are_found_in_another_folder(tmp_path: Path, images: str, labels: str, named: str) -> None:
    digits = apart(tmp_path, "train", images, labels)
    dataset = read([tmp_path / named])
    assert dataset.per_sample["label"].tolist() == digits
    assert dataset.warnings == []


def test_train_and_test_find_their_labels_in_one_folder_of_labels(tmp_path: Path) -> None:
    train, test = (apart(tmp_path, name, "images", "labels") for name in ("train", "t10k"))
    dataset = read([tmp_path / "images"])
    assert dataset.per_sample["label"].tolist() == train + test


def test_labels_of_other_images_in_a_folder_nearby_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "fashion").mkdir()
    put(tmp_path / "mnist", "train", 20, labels=False)
    put(tmp_path / "fashion", "train", 20)
    dataset = read([tmp_path / "mnist"])
    assert "label" not in dataset.per_sample
    (warning,) = dataset.warnings
    assert "has no labels: train-labels-idx1-ubyte is neither beside it nor in a folder nearby" in warning


def test_labels_in_two_folders_nearby_are_named_and_not_chosen_among(tmp_path: Path) -> None:
    apart(tmp_path, "train", "images", "labels")
    shutil.copytree(tmp_path / "labels", tmp_path / "old")
    dataset = read([tmp_path / "images"])
    assert "label" not in dataset.per_sample
    (warning,) = dataset.warnings
    assert "they may be any of" in warning
    assert str(tmp_path / "labels") in warning
    assert str(tmp_path / "old") in warning


def test_a_file_in_a_folder_of_its_name_and_beside_it_is_read_once(tmp_path: Path) -> None:
    images, digits = put(tmp_path, "train", 20, packed=False)
    for file in list(tmp_path.iterdir()):
        (tmp_path / f"{file.name}.d").mkdir()
        shutil.copy(file, tmp_path / f"{file.name}.d" / file.name)
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples[:, 0, 2:-2, 2:-2], images / 127.5 - 1, atol=1e-6)
    assert dataset.per_sample["label"].tolist() == digits.tolist()


def test_images_without_labels_are_read_without_and_that_is_said(tmp_path: Path) -> None:
    put(tmp_path, "train", 20, labels=False)
    put(tmp_path, "t10k", 20)
    dataset = read([tmp_path])
    assert "label" not in dataset.per_sample
    (warning,) = dataset.warnings
    assert "train-images-idx3-ubyte.gz has no labels: train-labels-idx1-ubyte is neither" in warning


def test_digits_of_nought_and_one_are_black_and_white(tmp_path: Path) -> None:
    flags = RNG.integers(0, 2, (20, 28, 28), np.uint8)
    (tmp_path / "binary-images-idx3-ubyte").write_bytes(idx(flags))
    dataset = read([tmp_path])
    np.testing.assert_array_equal(dataset.samples[:, 0, 2:-2, 2:-2], 2.0 * flags - 1)
    assert any("range from 0 to 1: --range" in warning for warning in dataset.warnings)


def test_labels_alone_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "train", 20)
    (tmp_path / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(InvalidInputError, match="has labels, but no images"):
        read([tmp_path])


def test_several_sets_are_named(tmp_path: Path) -> None:
    for name in ("mnist", "fashion"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, "train", 20)
    with pytest.raises(InvalidInputError, match="several sets"):
        read([tmp_path])


def test_labels_of_another_set_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "train", 20)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.zeros(19, np.uint8))))
    with pytest.raises(InvalidInputError, match="has 19 labels, and there are 20 images"):
        read([tmp_path])


def test_sets_of_two_sizes_are_refused(tmp_path: Path) -> None:
    put(tmp_path, "train", 20)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((5, 16, 16), np.uint8)))
    with pytest.raises(InvalidInputError, match="1 x 32 x 32 and those for test 1 x 16 x 16"):
        read([tmp_path])


GOOD = idx(RNG.integers(0, 256, (20, 28, 28), np.uint8))


# Named, for a test's name must be the same in every process, and gzip writes the time into what it makes.
DAMAGED = {
    "of doubles": (b"\0\0\x0d\3" + GOOD[4:], "begins with 0x00000d03"),
    "a GIF": (b"GIF89a" + GOOD, "is a GIF picture, not an idx file"),
    "empty": (b"", "is empty"),
    "short of a byte": (GOOD[:-1], "damaged or cut short"),
    "cut in its header": (GOOD[:10], "damaged or cut short"),
    "a byte too long": (GOOD + b"\0", "longer than its header says"),
    "gzip cut short": (gzip.compress(GOOD)[:-9], "damaged or cut short"),
    "gzip overwritten": (gzip.compress(GOOD)[:40] + b"\0" * 40, "damaged or cut short"),
    "an absurd shape": (b"\0\0\x08\3" + b"\xff" * 12, "damaged or cut short"),
    "an absurd shape in gzip": (gzip.compress(b"\0\0\x08\3" + b"\xff" * 12), "damaged or cut short"),
    "of numbers": (idx(np.zeros(20, np.uint8)), r"shape \(20,\)"),
    "of no images": (idx(np.zeros((0, 28, 28), np.uint8)), r"shape \(0, 28, 28\)"),
}


@pytest.mark.parametrize(("content", "said"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_whole_idx_file_of_images_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=said) as caught:
        read([path])
    assert caught.value.hint


def test_a_file_of_another_name_is_read_for_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "digits").write_bytes(GOOD)
    assert len(read([tmp_path / "digits"]).samples) == 20
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InvalidInputError, match="no idx file"):
        read([tmp_path / "notes.txt"])
