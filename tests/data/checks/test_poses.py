"""What the check finds in sound and in spoilt poses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posectl.data.checks import check
from posectl.data.dataset import Dataset
from posectl.data.readers.arrays import read as read_arrays
from posectl.data.readers.mannequin import read as mannequin
from posectl.data.skeleton import H36M17

MIRRORED = np.array([-1, 1, 1], np.float32)
JOINT = {name: joint for joint, name in enumerate(H36M17.joints)}


def rows(dataset: Dataset) -> dict[str, str]:
    return dict(check(dataset, "frames").rows)


def swapped(samples: np.ndarray) -> np.ndarray:
    return samples[:, H36M17.mirror]


def about_sides(dataset: Dataset) -> list[str]:
    return [warning for warning in check(dataset, "frames").warnings if "Left and right" in warning]


def some_clips(dataset: Dataset, count: int) -> Dataset:
    """About so many clips of the dataset, every few of them."""
    step = 1 + len(dataset.per_clip["name"]) // count
    some = dataset.per_sample["clip"] % step == 0
    per_sample = {name: values[some] for name, values in dataset.per_sample.items()}
    per_sample["clip"] = per_sample["clip"] // step
    per_clip = {name: values[::step] for name, values in dataset.per_clip.items()}
    return replace(dataset, samples=dataset.samples[some], split=dataset.split[some],
                   per_sample=per_sample, per_clip=per_clip)  # fmt: skip


@pytest.mark.parametrize("name", ["cmu17_tiny", "cmu17", "bandai17"])
def test_swapped_and_mirrored_people_are_told_from_real_ones(test_data: Path, name: str) -> None:
    dataset = read_arrays([test_data / "poses" / f"{name}_{part}.npz" for part in ("train", "test")])
    assert about_sides(dataset) == []
    dataset = some_clips(dataset, 110)
    assert about_sides(replace(dataset, samples=swapped(dataset.samples))) == [
        "Left and right are swapped, or the bodies mirrored: knees bend backwards."
    ]
    assert len(about_sides(replace(dataset, samples=dataset.samples * MIRRORED))) == 1
    assert about_sides(replace(dataset, samples=swapped(dataset.samples) * MIRRORED)) == []
    turned = np.stack([dataset.samples[..., 0], dataset.samples[..., 2], -dataset.samples[..., 1]], axis=-1)
    assert about_sides(replace(dataset, samples=turned)) == []


def test_a_single_swapped_clip_is_named(people: Dataset) -> None:
    samples = people.samples.copy()
    samples[:30] = swapped(samples[:30])
    (warning,) = about_sides(replace(people, samples=samples))
    assert "1 of 39 clips (m01_walk)" in warning


def test_arms_on_the_wrong_sides_are_found(people: Dataset) -> None:
    order = list(H36M17.mirror)
    order[1:7] = range(1, 7)
    (warning,) = about_sides(replace(people, samples=people.samples[:, order]))
    assert "arms and legs do not agree in 39 of 39" in warning


def test_bone_lengths_are_told_in_millimetres_with_their_spread() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(1000, 17, 3)).astype(np.float32)
    told = rows(Dataset(samples, np.arange(1000) % 2, about={"kind": "poses"}))
    lengths = 1000 * np.linalg.norm(samples.astype(np.float64)[:, [5, 2]] - samples[:, [4, 1]], axis=-1)
    (left, right), (a, b) = np.median(lengths, axis=0), lengths.std(axis=0)
    apart = 100 * abs(left - right) / max(left, right)
    assert told["thigh"] == f"left {left:.0f} ± {a:.0f}, right {right:.0f} ± {b:.0f} mm, {apart:.1f} % apart"


def test_a_longer_left_arm_is_warned_of(people: Dataset) -> None:
    samples = people.samples.copy()
    elbow, wrist = JOINT["LElbow"], JOINT["LWrist"]
    samples[:, wrist] += 0.15 * (samples[:, wrist] - samples[:, elbow])
    (warning,) = check(replace(people, samples=samples), "frames").warnings
    assert warning.startswith("The left forearm is")


@pytest.mark.parametrize("factor", [1000, 100, 0.001, 3])
def test_people_of_no_human_size_are_warned_of(people: Dataset, factor: float) -> None:
    warnings = check(replace(people, samples=people.samples * np.float32(factor)), "frames").warnings
    assert any("check the unit" in warning for warning in warnings)


def test_one_clip_in_another_unit_is_named(people: Dataset) -> None:
    samples = people.samples.copy()
    samples[30:60] *= 100
    warnings = check(replace(people, samples=samples), "frames").warnings
    assert any("1 of 39 clips are of another scale" in w and "m01_run" in w for w in warnings)


def test_a_wrong_up_axis_and_uncentred_pelvises_are_warned_of(people: Dataset) -> None:
    wrong_up = replace(people, about={**people.about, "up": "+y"})
    assert check(wrong_up, "frames").warnings == ["Up should be +y, but thoraxes lie along +z from their pelvises."]
    moved = replace(people, samples=people.samples + np.float32(0.01))
    assert check(moved, "frames").warnings == ["Pelvises are not all at the origin."]


def test_how_far_people_go_is_told() -> None:
    people = mannequin([], subjects=2, seconds=2)
    steps = np.linalg.norm(np.diff(people.per_sample["root"], axis=0), axis=1)
    per_clip = [
        steps[s : s + n - 1].sum() for s, n in zip(*(people.per_clip[k] for k in ("start", "length")), strict=True)
    ]
    assert rows(people)["root"].endswith(f"travels up to {max(per_clip):.1f} m in a clip")
    del people.per_sample["root"]
    assert rows(people)["root"].startswith("not known")
