"""Parametric shapes: extents by their factors, continuity between shapes, and the dataset of them."""

import numpy as np
import pytest

from posectl.data.clouds import shapes
from posectl.data.clouds.surface import areas
from posectl.data.dataset import TEST
from posectl.data.readers.shapes import read
from posectl.errors import UsageError


def factors_of(name, seed=0):
    return shapes.random_factors(name, np.random.default_rng(seed))


@pytest.mark.parametrize("name", ["table", "chair", "car"])
def test_a_shape_is_as_wide_deep_and_high_as_its_factors(name):
    factors = factors_of(name)
    corners = shapes.surface(name, factors).reshape(-1, 3)
    extent = [factors[each] for each in ("width", "depth", "height")]
    np.testing.assert_allclose(np.ptp(corners, axis=0), extent, rtol=1e-12)
    np.testing.assert_allclose(corners.min(0), -np.array(extent) / 2, rtol=1e-12)


def test_a_lamp_is_as_wide_as_its_shade_and_its_foot():
    factors = factors_of("lamp") | {"width": 0.4, "depth": 0.2, "height": 0.6, "upper": 0.25}
    corners = shapes.surface("lamp", factors).reshape(-1, 3)
    across = np.hypot(corners[:, 0], corners[:, 1])
    assert across[corners[:, 2] < -0.28].max() == pytest.approx(0.1)  # the foot
    assert across[np.isclose(corners[:, 2], 0.15)].max() == pytest.approx(0.2)  # the shade's rim, at 3/4 of the height
    assert across[np.isclose(corners[:, 2], 0.3)].max() == pytest.approx(0.12)


@pytest.mark.parametrize("name", shapes.CLASSES)
def test_a_surface_moves_continuously_with_its_factors(name):
    a, b = factors_of(name), factors_of(name, 1)
    places = [{key: (1 - t) * a[key] + t * b[key] for key in a} for t in np.linspace(0, 1, 101)]
    corners = np.stack([shapes.surface(name, each) for each in places])
    steps = np.abs(np.diff(corners, axis=0)).max(axis=(1, 2, 3))
    assert steps.max() < 0.7 / 100  # no corner moves more than the largest extent in all
    assert (areas(corners[0]) > 0).all()


@pytest.mark.parametrize("name", shapes.CLASSES)
def test_the_largest_shape_lies_within_a_ball_of_diameter_one(name):
    for upper in (0, 1):
        largest = {factor: both[1] for factor, both in zip(shapes.FACTORS, shapes.RANGES[name], strict=True)}
        corners = shapes.surface(name, largest | {"upper": shapes.RANGES[name][-1][upper]})
        assert 0.4 < np.linalg.norm(corners, axis=-1).max() <= 0.5


def test_the_first_shapes_are_the_same_however_many_and_with_whatever_classes():
    few, many = read(count=5, points=64), read(count=9, points=64, classes=("lamp", "table"))
    np.testing.assert_array_equal(few.samples[:5], many.samples[9:14])
    np.testing.assert_array_equal(few.per_sample["height"][15:20], many.per_sample["height"][:5])


def test_the_dataset_knows_every_factor_and_class():
    dataset = read(count=10, points=128, seed=3)
    assert dataset.samples.shape == (40, 128, 3)
    assert dataset.samples.dtype == np.float32
    assert np.bincount(dataset.per_sample["label"]).tolist() == [10] * 4
    assert [(dataset.split[dataset.per_sample["label"] == k] == TEST).sum() for k in range(4)] == [2] * 4
    for row in (0, 13, 27):  # points are on boxes: no further out than the factors say
        name = dataset.about["class_names"][dataset.per_sample["label"][row]]
        half = [dataset.per_sample[each][row] / 2 for each in ("width", "depth", "height")]
        assert (np.abs(dataset.samples[row]).max(0) <= np.array(half) + 1e-6).all(), name


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"classes": ("chiar",)}, "chair"),
        ({"points": 17}, "--points 2048"),
        ({"count": 1}, "--count"),
        ({"classes": ("car", "car")}, "--classes car"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, hint):
    with pytest.raises(UsageError) as refused:
        read(**options)
    assert hint in refused.value.hint
