"""Checks of clouds: what is told of them, and what looks wrong."""

import numpy as np

from posectl.data.checks import check
from posectl.data.dataset import Dataset
from posectl.data.readers.shapes import read


def report_of(samples, split=None, **about):
    split = np.arange(len(samples)) % 2 if split is None else split
    return check(
        Dataset(samples.astype(np.float32), split.astype(np.uint8), about={"kind": "clouds", **about}), "clouds"
    )


def balls(count=6, points=128):
    directions = np.random.default_rng(0).normal(size=(count, points, 3))
    directions[:, :6] = np.concatenate([np.eye(3), -np.eye(3)])
    return 0.5 * directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def test_what_is_told_of_shapes():
    dataset = read(count=5, points=64)
    rows = dict(check(dataset, "clouds").rows)
    assert rows["points"] == "64 each"
    assert rows["classes"] == "4 of 5 clouds: table, chair, car, lamp"
    assert rows["upper"].startswith(f"{dataset.per_sample['upper'].min():.4g} to ")


def test_good_clouds_are_left_in_peace():
    report = report_of(balls())
    assert dict(report.rows)["extent"] == "1 to 1, within 0.5 of the origin"
    assert report.warnings == []


def test_other_places_scales_and_points_that_repeat_are_warned_of():
    far, large, same = balls(), balls(), balls()
    far[2] += 3
    large[0] *= 20
    same[1, :100] = same[1, 0]
    for clouds, said in ((far, "further from the origin"), (large, "20 times"), (same, "most points are the same")):
        assert any(said in warning for warning in report_of(clouds).warnings), said
