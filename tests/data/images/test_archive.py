"""Arrays of images: what they may be called, their shapes, types and ranges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posectl.data.dataset import Dataset
from posectl.data.readers.images import read
from posectl.errors import InvalidInputError, UsageError

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (10, 16, 16, 3), np.uint8)


def saved(folder: Path, **arrays: np.ndarray) -> Dataset:
    np.savez(folder / "a.npz", **arrays)  # type: ignore[arg-type]
    return read([folder / "a.npz"])


def unit(pixels: np.ndarray) -> np.ndarray:
    return np.moveaxis(pixels, 3, 1) / 127.5 - 1


@pytest.mark.parametrize("name", ["images", "imgs", "x", "data", "anything"])
def test_images_go_by_several_names(tmp_path: Path, name: str) -> None:
    np.testing.assert_allclose(saved(tmp_path, **{name: BYTES}).samples, unit(BYTES), atol=1e-6)


def test_channels_may_come_first_last_or_not_at_all(tmp_path: Path) -> None:
    for array in (BYTES, np.moveaxis(BYTES, 3, 1)):
        np.testing.assert_allclose(saved(tmp_path, x=array).samples, unit(BYTES), atol=1e-6)
    for array in (BYTES[..., 0], BYTES[..., :1], BYTES[:, None, :, :, 0]):
        np.testing.assert_allclose(saved(tmp_path, x=array).samples, unit(BYTES[..., :1]), atol=1e-6)


def test_a_plain_npy_is_images(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", BYTES)
    np.testing.assert_allclose(read([tmp_path / "a.npy"]).samples, unit(BYTES), atol=1e-6)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (BYTES / 255, ""),
        ((BYTES / 127.5 - 1).astype(np.float32), ""),
        (BYTES.astype(np.float64), "was taken to range from 0 to 255"),
        (BYTES.astype(np.int64), "was taken to range from 0 to 255"),
        (BYTES.astype(np.uint16) * 257, "16 bits a pixel"),
    ],
    ids=["nought to one", "minus one to one", "float bytes", "long bytes", "16 bits"],
)
def test_ranges_are_told_from_the_values(tmp_path: Path, array: np.ndarray, said: str) -> None:
    dataset = saved(tmp_path, images=array)
    np.testing.assert_allclose(dataset.samples, unit(BYTES), atol=1e-6)
    assert [said in warning for warning in dataset.warnings] == [True] * bool(said)


def test_flags_are_black_and_white(tmp_path: Path) -> None:
    np.testing.assert_array_equal(saved(tmp_path, images=BYTES > 127).samples, np.where(unit(BYTES) > 0, 1, -1))


def test_labels_split_and_factors_come_along(tmp_path: Path) -> None:
    azimuth, height = RNG.uniform(0, 360, 10), np.arange(10)
    dataset = saved(
        tmp_path,
        images=BYTES,
        labels=np.array([3, 7] * 5),
        split=np.array(["train"] * 7 + ["test"] * 3),
        azimuth=azimuth.astype(np.float32),
        height=height,
        note=np.array("not one an image"),
    )
    assert dataset.per_sample["label"].tolist() == [0, 1] * 5
    assert dataset.about["class_names"] == ["3", "7"]
    assert dataset.split.tolist() == [0] * 7 + [1] * 3
    assert dataset.about["factors"] == ["azimuth", "height"]
    assert dataset.about["periods"] == {"azimuth": 360.0}
    np.testing.assert_allclose(dataset.per_sample["azimuth"], azimuth, rtol=1e-6)
    assert dataset.per_sample["height"].dtype == np.float64


def test_words_are_labels_too(tmp_path: Path) -> None:
    dataset = saved(tmp_path, images=BYTES, y=np.array(["cat", "ant"] * 5))
    assert dataset.per_sample["label"].tolist() == [1, 0] * 5
    assert dataset.about["class_names"] == ["ant", "cat"]


def test_train_and_test_may_be_apart(tmp_path: Path) -> None:
    digits = np.arange(10) % 2
    dataset = saved(tmp_path, x_train=BYTES[:8], y_train=digits[:8], x_test=BYTES[8:], y_test=digits[8:])
    np.testing.assert_allclose(dataset.samples, unit(BYTES), atol=1e-6)
    assert dataset.split.tolist() == [0] * 8 + [1] * 2
    assert dataset.per_sample["label"].tolist() == digits.tolist()


def test_a_second_file_can_be_for_test(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=BYTES[:8], azimuth=np.arange(8.0))
    np.savez(tmp_path / "theirs.npz", images=BYTES[8:], azimuth=np.arange(2.0))
    dataset = read([tmp_path / "mine.npz"], test=(tmp_path / "theirs.npz",))
    assert dataset.split.tolist() == [0] * 8 + [1] * 2
    assert dataset.per_sample["azimuth"].tolist() == [*range(8), 0, 1]
    np.savez(tmp_path / "theirs.npz", images=BYTES[8:, :, :, :1])
    with pytest.raises(InvalidInputError, match="3 x 16 x 16 and those for test 1 x 16 x 16"):
        read([tmp_path / "mine.npz"], test=(tmp_path / "theirs.npz",))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"pixels": BYTES, "more": BYTES}, "none is called 'images'"),
        ({"images": BYTES[0, 0]}, "no array of images"),
        ({"images": BYTES[:0]}, "no array of images"),
        ({"images": np.zeros((4, 16, 16, 4), np.uint8)}, "four channels"),
        ({"images": np.zeros((4, 16, 16, 5), np.uint8)}, "no array of images"),
        ({"images": np.full((4, 16, 16), np.nan)}, "NaN or infinity"),
        ({"images": np.full((4, 16, 16), 1j)}, "complex128"),
        ({"images": np.full((4, 16, 16), 300.0)}, "no range that is known"),
        ({"images": np.full((4, 16, 16), -7)}, "no range that is known"),
        ({"images": np.zeros((4, 20, 20), np.uint8)}, "20x20 pixels"),
        ({"images": BYTES, "labels": np.full(10, 0.5)}, "labels"),
        ({"images": BYTES, "split": np.arange(10)}, "'split'"),
        ({"images": BYTES, "azimuth": np.full(10, np.inf)}, "'azimuth'"),
    ],
)
def test_what_is_no_set_of_images_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        saved(tmp_path, **arrays)
    assert caught.value.hint


def test_two_archives_at_once_are_refused(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        np.savez(tmp_path / name, images=BYTES)
    with pytest.raises(UsageError, match="at a time"):
        read([tmp_path / "a.npz", tmp_path / "b.npz"])


def test_one_array_of_a_file_is_named_after_a_colon(tmp_path: Path) -> None:
    train, other = (np.random.default_rng(seed).integers(0, 256, (6, 16, 16), np.uint8) for seed in (0, 1))
    np.savez(tmp_path / "a.npz", x_train=train, x_test=other, labels=np.arange(6) % 2)
    assert len(read([tmp_path / "a.npz"]).samples) == 12
    dataset = read([tmp_path / "a.npz:x_test"])
    np.testing.assert_allclose(dataset.samples[:, 0], other / 127.5 - 1, atol=1e-6)
    assert dataset.per_sample["label"].tolist() == [0, 1] * 3
