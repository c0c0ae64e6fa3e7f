"""What is read, and how it is split, subsampled and named: on files written here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.joints import H36M32_TO_17

from posectl.data.dataset import TEST, TRAIN
from posectl.data.readers import READERS
from posectl.data.readers.h36m import read
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, NotFoundError, UsageError

# A person of Human3.6M's bones who stands at the origin, arms hanging; the knees a little forward (-y). Metres.
PERSON = np.array([
    (0, 0, 0.9), (-0.13, 0, 0.9), (-0.13, -0.05, 0.46), (-0.13, 0, 0.01), (0.13, 0, 0.9), (0.13, -0.05, 0.46),
    (0.13, 0, 0.01), (0, 0.02, 1.13), (0, 0, 1.39), (0, -0.05, 1.5), (0, 0, 1.6), (0.15, 0, 1.37), (0.17, 0, 1.09),
    (0.18, 0, 0.84), (-0.15, 0, 1.37), (-0.17, 0, 1.09), (-0.18, 0, 0.84),
])  # fmt: skip


def walk(frames: int, start: float = 0.0) -> np.ndarray:
    """(frames, 17, 3) float32: the person slides along x, 1 cm a frame from `start`."""
    return (PERSON + np.array([1, 0, 0]) * (start + 0.01 * np.arange(frames))[:, None, None]).astype(np.float32)


def save(folder: Path, content: dict[str, dict[str, Any]]) -> Path:
    """data_3d_h36m.npz in the way of prepare_data_h36m.py."""
    path = folder / "data_3d_h36m.npz"
    np.savez_compressed(path, positions_3d=np.array(content, dtype=object))
    return path


def everyone(actions: tuple[str, ...] = ("Walking", "Sitting 1", "SittingDown", "Directions")) -> dict:
    subjects = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
    return {subject: {action: walk(7) for action in actions} for subject in subjects}


def test_it_is_a_source() -> None:
    assert READERS.get("h36m") is read
    assert READERS.summaries()["h36m"].startswith("Human3.6M")


def test_s9_and_s11_are_the_test_split(tmp_path: Path) -> None:
    dataset = read([save(tmp_path, everyone())])
    subject = dataset.per_clip["subject"][dataset.per_sample["clip"]]
    assert {name: set(dataset.split[subject == name]) for name in ("S1", "S8", "S9", "S11")} == {
        "S1": {TRAIN}, "S8": {TRAIN}, "S9": {TEST}, "S11": {TEST},
    }  # fmt: skip
    other = read([tmp_path], test_subjects=["S5"])
    assert set(other.per_clip["subject"][other.per_sample["clip"]][other.split == TEST]) == {"S5"}


def test_only_the_subjects_asked_for(tmp_path: Path) -> None:
    content = everyone() | {"S2": {"Walking": walk(3)}}
    path = save(tmp_path, content)
    assert set(read([path], subjects=["S9", "2"]).per_clip["subject"]) == {"S2", "S9"}
    dataset = read([path])
    assert "S2" not in dataset.per_clip["subject"]
    assert any("S2" in warning for warning in dataset.warnings)
    with pytest.raises(NotFoundError, match="no S3"):
        read([path], subjects=["S1", "S3"])


def test_sitting_is_not_sitting_down(tmp_path: Path) -> None:
    path = save(tmp_path, everyone())
    assert set(read([path], actions=["sitting"]).per_clip["action"]) == {"Sitting"}
    assert set(read([path], actions=["SittingDown"]).per_clip["action"]) == {"SittingDown"}
    with pytest.raises(NotFoundError, match="no Eating"):
        read([path], actions=["Sitting", "Eating"])


def test_actions_have_one_name_for_all_subjects(tmp_path: Path) -> None:
    content = {"S1": {"TakingPhoto 1": walk(3), "WalkingDog": walk(3)}, "S5": {"Photo": walk(3), "WalkDog 1": walk(3)}}
    table = read([save(tmp_path, content)]).per_clip
    assert list(zip(table["action"], table["take"], strict=True)) == [
        ("Photo", "1"), ("WalkDog", ""), ("Photo", ""), ("WalkDog", "1"),
    ]  # fmt: skip
    assert list(table["name"]) == ["S1 Photo 1", "S1 WalkDog", "S5 Photo", "S5 WalkDog 1"]


def test_the_corrupt_take_is_left_out(tmp_path: Path) -> None:
    content = {"S11": {"Directions": walk(3), "Directions 1": walk(4)}, "S9": {"Directions": walk(5)}}
    dataset = read([save(tmp_path, content)])
    assert list(dataset.per_clip["name"]) == ["S11 Directions 1", "S9 Directions"]
    assert dataset.warnings == ["S11 Directions is left out: Human3.6M's recording of it is corrupt."]


def test_every_kth_frame_of_each_take(tmp_path: Path) -> None:
    path = save(tmp_path, {"S1": {"Walking": walk(7), "Eating": walk(2, start=5)}})
    dataset = read([path], subsample=3)
    assert list(dataset.per_sample["frame"]) == [0, 3, 6, 0]
    assert dataset.per_sample["root"][:, 0] == pytest.approx([0, 0.03, 0.06, 5])
    assert list(dataset.per_sample["clip"]) == [0, 0, 0, 1]
    assert list(dataset.per_clip["start"]) == [0, 3]
    assert list(dataset.per_clip["length"]) == [3, 1]
    assert dataset.per_clip["fps"] == pytest.approx([50 / 3, 50 / 3])
    with pytest.raises(UsageError):
        read([path], subsample=0)


@pytest.mark.parametrize(("unit", "factor"), [("m", 1), ("cm", 100), ("mm", 1000)])
def test_any_metric_unit_is_read_in_metres(tmp_path: Path, unit: str, factor: float) -> None:
    dataset = read([save(tmp_path, {"S1": {"Walking": walk(2) * factor}})])
    assert np.abs(dataset.samples - (PERSON - PERSON[0])).max() < 1e-6
    assert dataset.per_sample["root"][:, 2] == pytest.approx(0.9)


def test_32_joints_become_the_17_that_move(tmp_path: Path) -> None:
    joints = np.full((2, 32, 3), 55.0, np.float32)
    joints[:, H36M32_TO_17] = PERSON
    dataset = read([save(tmp_path, {"S1": {"Walking": joints}})])
    assert np.abs(dataset.samples - (PERSON - PERSON[0])).max() < 1e-6


def test_mirrored_bodies_and_other_axes_are_warned_of(tmp_path: Path) -> None:
    assert read([save(tmp_path, {"S1": {"Walking": walk(3)}})]).warnings == []
    # What plotting code does to H36M: exchanging two axes mirrors the body.
    (warning,) = read([save(tmp_path, {"S1": {"Walking": walk(3)[..., [1, 0, 2]]}})]).warnings
    assert "swapped" in warning
    (warning,) = read([save(tmp_path, {"S1": {"Walking": walk(3)[..., [1, 2, 0]]}})]).warnings
    assert "along +y" in warning


def test_what_is_known_of_the_dataset(tmp_path: Path) -> None:
    dataset = read([save(tmp_path, everyone())], subsample=2)
    assert dataset.samples.dtype == np.float32
    assert dataset.split.dtype == np.uint8
    assert dataset.about["joints"] == list(H36M17.joints)
    assert {key: dataset.about[key] for key in ("kind", "skeleton", "unit", "up", "coordinates", "layout")} == {
        "kind": "poses", "skeleton": "h36m17", "unit": "m", "up": "+z", "coordinates": "world", "layout": "videopose3d",
    }  # fmt: skip
    assert "Ionescu" in dataset.about["citation"]
    assert dataset.about["source"] == "h36m: data_3d_h36m.npz"
    assert dataset.about["split"] == "by subject: S9, S11 to test"
    assert json.loads(json.dumps(dataset.about)) == dataset.about


def test_a_dictionary_saved_as_npy_serves_too(tmp_path: Path) -> None:
    np.save(tmp_path / "poses.npy", np.array({"S1": {"Walking": walk(3)}}, dtype=object))
    assert len(read([tmp_path / "poses.npy"]).samples) == 3


def test_several_paths_make_one_dataset(tmp_path: Path) -> None:
    for subject in ("S1", "S9"):
        (tmp_path / subject).mkdir()
        save(tmp_path / subject, {subject: {"Walking": walk(2)}})
    assert list(read([tmp_path / "S1", tmp_path / "S9"]).per_clip["subject"]) == ["S1", "S9"]
    assert list(read([tmp_path]).per_clip["source"]) == [
        "S1/data_3d_h36m.npz: S1/Walking", "S9/data_3d_h36m.npz: S9/Walking",
    ]  # fmt: skip


def test_broken_takes_and_files_are_left_out_and_named_where_that_is_asked_for(tmp_path: Path) -> None:
    content = everyone()
    content["S5"]["Walking"] = walk(7) * np.nan
    content["S6"]["Walking"] = walk(7) * 40
    whole = save(tmp_path, content)
    broken = tmp_path / "other.npz"
    broken.write_bytes(whole.read_bytes()[:200])
    with pytest.raises(InvalidInputError):
        read([whole, broken])
    dataset = read([whole, broken], skip_broken=True)
    names = set(dataset.per_clip["name"])
    assert {"S5 Walking", "S6 Walking"}.isdisjoint(names)
    assert {"S1 Walking", "S5 Sitting 1", "S6 Directions"} <= names
    skipped = [warning for warning in dataset.warnings if warning.startswith("Skipped: ")]
    assert [any(word in warning for warning in skipped) for word in ("S5 Walking", "S6 Walking", "other.npz")] == [
        True, True, True,
    ]  # fmt: skip
    assert len(skipped) == 3


def test_nothing_but_broken_takes_is_an_error_though_they_may_be_skipped(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="NaN"):
        read([save(tmp_path, {"S1": {"Walking": walk(7) * np.nan}})], skip_broken=True)
    (tmp_path / "data_3d_h36m.npz").write_bytes(b"PK")
    with pytest.raises(InvalidInputError):
        read([tmp_path / "data_3d_h36m.npz"], skip_broken=True)


def test_one_broken_file_among_several_may_be_skipped(tmp_path: Path) -> None:
    for action, text in {
        "walking_1": ",".join(["0.0"] * 99) + "\n",
        "eating_1": ",".join(["0.0"] * 99) + "\n0.0\n",
    }.items():
        path = tmp_path / "dataset" / "S1" / f"{action}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with pytest.raises(InvalidInputError, match="eating_1") as error:
        read([tmp_path])
    assert "--skip-broken" in error.value.hint
    dataset = read([tmp_path], skip_broken=True)
    assert list(dataset.per_clip["action"]) == ["Walking"]
