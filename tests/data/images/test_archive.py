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


@pytest.mark.parametrize(
    ("dtype", "peak", "white"),
    [
        ("u1", 1, 1), ("u1", 15, 15), ("u1", 16, 16), ("f8", 16, 16), ("f4", 15, 15), ("i8", 1, 1), ("u1", 9, 9),
        ("u2", 1, 1), ("u2", 200, 255), ("u2", 1000, 1023), ("u2", 4000, 4095), ("i4", 16_000, 16_383),
        ("i2", 30_000, 65_535), ("u1", 200, 255), ("f8", 200, 255), ("u1", 17, 255),
    ],
)  # fmt: skip
def test_white_is_told_from_the_largest_whole_number(tmp_path: Path, dtype: str, peak: int, white: int) -> None:
    pixels = RNG.integers(0, peak + 1, (6, 8, 8)).astype(dtype)
    pixels[0, 0, :2] = 0, peak
    dataset = saved(tmp_path, images=pixels)
    np.testing.assert_allclose(dataset.samples[:, 0], 2 * pixels.astype(float) / white - 1, atol=1e-6)
    silent = dtype == "u1" and white == 255
    assert [
        ("--range" in warning or "16 bits" in warning) for warning in dataset.warnings if "eighth" not in warning
    ] == [True] * (not silent)


def test_a_range_that_is_asked_for_goes_before_what_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=BYTES // 128)
    np.testing.assert_allclose(read([tmp_path / "a.npz"], range=("0", "255")).samples, unit(BYTES // 128), atol=1e-6)
    np.savez(tmp_path / "a.npz", images=BYTES.astype(np.float32) * 4 - 300)
    dataset = read([tmp_path / "a.npz"], range=(-300, 720))
    np.testing.assert_allclose(dataset.samples, unit(BYTES), atol=1e-5)
    assert dataset.warnings == []
    dataset = read([tmp_path / "a.npz"], range=(-300, 210))
    np.testing.assert_allclose(dataset.samples, np.minimum(2 * unit(BYTES) + 1, 1), atol=1e-5)
    assert "outside of --range -300,210, which were clipped" in dataset.warnings[0]


@pytest.mark.parametrize("given", [("1",), ("a", "b"), ("1", "0"), ("0", "inf"), ("0", "1", "2")])
def test_what_is_no_range_is_refused(tmp_path: Path, given: tuple[str, ...]) -> None:
    np.savez(tmp_path / "a.npz", images=BYTES)
    with pytest.raises(UsageError, match="is not the values of black and white"):
        read([tmp_path / "a.npz"], range=given)


def test_values_of_no_known_range_are_refused_with_the_range_to_name(tmp_path: Path) -> None:
    for values in (BYTES / 100.0, BYTES.astype(int) - 128, BYTES.astype(int) * 1000):
        np.savez(tmp_path / "a.npz", images=values)
        with pytest.raises(InvalidInputError, match="no range that is known") as caught:
            read([tmp_path / "a.npz"])
        given = caught.value.hint.removeprefix("Name black and white: --range ").rstrip(".").split(",")
        np.testing.assert_allclose(read([tmp_path / "a.npz"], range=given).samples, unit(BYTES), atol=1e-2)


def test_train_and_test_share_the_value_of_white(tmp_path: Path) -> None:
    dark = BYTES // 16
    np.savez(tmp_path / "a.npz", images=dark)
    np.savez(tmp_path / "b.npz", images=dark // 2)
    dataset = read([tmp_path / "a.npz"], test=[tmp_path / "b.npz"])
    np.testing.assert_allclose(dataset.samples[10:], 2 * np.moveaxis(dark // 2, 3, 1) / 15 - 1, atol=1e-6)
    with pytest.raises(InvalidInputError, match="up to 15, and others here up to 7") as caught:
        read([tmp_path / "b.npz"], test=[tmp_path / "a.npz"])
    assert "--range 0,15" in caught.value.hint


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


@pytest.mark.parametrize(
    "form", [lambda y: y[:, None], lambda y: np.eye(3, dtype=np.uint8)[y], lambda y: np.eye(3)[y], lambda y: y]
)
@pytest.mark.parametrize("name", ["labels", "target", "y"])
def test_labels_in_a_column_or_one_hot_are_labels(tmp_path: Path, form, name: str) -> None:
    labels = np.arange(10) % 3
    dataset = saved(tmp_path, images=BYTES, **{name: form(labels)})
    np.testing.assert_array_equal(dataset.per_sample["label"], labels)
    assert dataset.about["class_names"] == ["0", "1", "2"]
    assert dataset.warnings == []


def test_arrays_that_belong_to_no_image_are_named(tmp_path: Path) -> None:
    dataset = saved(tmp_path, images=BYTES, labels=np.arange(9), latents=np.zeros((10, 6)))
    assert "label" not in dataset.per_sample
    (said,) = dataset.warnings
    assert "labels (9,), latents (10, 6) beside 10 images" in said
