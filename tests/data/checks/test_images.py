"""What the check says of images, sound and odd ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from posectl.data.checks import check
from posectl.data.dataset import Dataset
from posectl.data.readers.lines import read as read_lines
from posectl.data.readers.pole import read as read_pole

RNG = np.random.default_rng(0)


def images(channels: int = 1, **options: Any) -> Dataset:
    """40 images, every fifth for test."""
    samples = RNG.uniform(-1, 1, (40, channels, 8, 8)).astype(np.float32)
    about = {"kind": "images", **options.pop("about", {})}
    return Dataset(samples, (np.arange(40) % 5 == 4).astype(np.uint8), about=about, **options)


def test_the_pole_is_described_by_its_grid() -> None:
    report = check(read_pole(size=16), "images")
    rows = dict(report.rows)
    assert rows["images"] == "576: 461 train, 115 test"
    assert rows["size"] == "16x16, 3 channels (RGB)"
    assert rows["scene"] == "pole; training has these images alone"
    assert rows["azimuth"] == "0 to 355°, 72 values by 5; wraps at 360"
    assert rows["elevation"] == "45 to 80°, 8 values by 5"
    assert rows["classes"] == "none"
    assert rows["duplicates"] == "none"
    assert report.warnings == []


def test_lines_are_described_by_their_renderer_angle_and_sectors() -> None:
    report = check(read_lines(train_count=400, test_count=200), "images")
    rows = dict(report.rows)
    assert rows["size"] == "32x32, 1 channel (grey)"
    assert rows["scene"] == "lines, acai renderer; training draws fresh images without end"
    assert rows["values"].startswith("-1 to 1, mean -0.9")
    assert rows["angle"].endswith(" rad, 600 values; wraps at 6.283")
    assert rows["classes"].startswith("10 of ")
    assert report.warnings == []


def test_values_out_of_range_and_without_contrast_are_warned_of() -> None:
    bright, dim = images(), images()
    bright.samples *= 3
    assert "where images are in [-1, 1]" in check(bright, "images").warnings[0]
    dim.samples = dim.samples * 0.05 - 0.9
    assert "less than an eighth of the range" in check(dim, "images").warnings[0]


def test_blank_and_broken_images_are_counted() -> None:
    dataset = images()
    dataset.samples[3], dataset.samples[9] = -1, 0.5
    dataset.samples[7, 0, 0, 0] = np.nan
    warnings = check(dataset, "images").warnings
    assert "Images with NaN or infinity: 1, the first at index 7." in warnings
    assert any(warning.startswith("Images of one value all over: 2, the first") for warning in warnings)


def test_colours_that_are_grey_are_noticed() -> None:
    dataset = images(3)
    assert check(dataset, "images").warnings == []
    dataset.samples[:, 1:] = dataset.samples[:, :1]
    assert "--grey" in check(dataset, "images").warnings[0]


@pytest.mark.parametrize(("missing", "split"), [(0, "test"), (1, "train")])
def test_classes_that_a_split_lacks_are_named(missing: int, split: str) -> None:
    dataset = images(about={"classes": 3, "class_names": ["ant", "bee", "cat"]})
    label = np.arange(40) % 3
    is_missing = (label == missing) & (dataset.split == (split == "test"))
    label[is_missing] = 2
    dataset.per_sample["label"] = label.astype(np.int32)
    name = ["ant", "bee"][missing]
    assert check(dataset, "images").warnings == [f"Classes of which no image is in the {split} split: {name}."]


def test_a_factor_that_does_not_vary_is_noticed() -> None:
    dataset = images(about={"factors": ["azimuth"]})
    dataset.per_sample["azimuth"] = np.full(40, 5.0)
    assert "The factor azimuth has one value alone." in check(dataset, "images").warnings


def test_what_was_done_to_the_pixels_is_told() -> None:
    report = check(images(about={"prepared": ["made grey", "padded"]}), "images")
    assert dict(report.rows)["prepared"] == "made grey; padded"
