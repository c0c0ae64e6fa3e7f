"""A source beyond memory is prepared block by block, into the files that it has as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import posectl
from posectl.api.lab import Lab
from posectl.data import stream
from posectl.data.readers import arrays, mannequin
from posectl.data.safe import npy
from posectl.errors import InvalidInputError, UsageError
from posectl.store import headers


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return posectl.open(tmp_path / "store")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory for hardly anything, blocks of two people, and files of a few samples."""
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "100k")
    monkeypatch.setattr(stream, "BLOCK_BYTES", 2 * 13 * 15 * 204)
    monkeypatch.setattr(mannequin, "BLOCK_BYTES", 2 * 13 * 15 * 204)
    monkeypatch.setattr(headers, "CHUNK_BYTES", 100 * 204)


SIZES = {"seconds": 0.5, "samples": 5 * 13 * 15 - 20}  # the last of five people lacks a clip, and a part of another


@pytest.mark.parametrize("options", [{}, {"confound": (0.28, 8.49)}])
def test_blocks_make_the_files_of_the_whole(
    lab: Lab, tmp_path: Path, tiny: None, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    blocks = lab.prepare("mannequin", name="blocks", **SIZES, **options)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "4G")
    whole = posectl.open(tmp_path / "other").prepare("mannequin", name="whole", **SIZES, **options)
    assert blocks.artifact.digest == whole.artifact.digest
    assert blocks.artifact.key == whole.artifact.key
    assert blocks.artifact.about == whole.artifact.about
    assert ["checked", "in 3 blocks; what follows is of the first"] in blocks.figures["rows"]
    assert {k: blocks.figures[k] for k in ("frames", "train", "test")} == {
        k: whole.figures[k] for k in ("frames", "train", "test")
    }


def test_so_many_samples_are_asked_for_so_many_there_are(lab: Lab) -> None:
    artifact = lab.prepare("mannequin", **SIZES).artifact
    assert artifact.arrays()["samples"].shape == (955, 17, 3)
    assert artifact.read("clips/length").tolist() == [15] * 63 + [10]
    same = lab.prepare("mannequin", seconds=0.5, subjects=5).artifact
    assert np.array_equal(artifact.read("samples"), same.read("samples")[:955])


def test_what_needs_the_whole_is_refused_by_name(lab: Lab, tiny: None) -> None:
    for option in ({"validation": 0.1}, {"drop_bad": True}):
        with pytest.raises(UsageError, match=r"needs all 955 samples at once") as caught:
            lab.prepare("mannequin", **SIZES, **option)
        assert "POSECTL_MAX_MEMORY" in caught.value.hint


def test_what_needs_the_whole_has_it_where_the_samples_fit(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "200k")
    assert lab.prepare("mannequin", **SIZES, validation=0.3).figures["validation"] > 0


def test_samples_of_one_person_are_no_dataset(lab: Lab) -> None:
    with pytest.raises(UsageError, match="195 samples are of one person"):
        lab.prepare("mannequin", seconds=0.5, samples=195)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two .npy of poses in millimetres, y up and away from the origin, and the second in another layout of memory."""
    poses = mannequin.read([], seconds=0.5, subjects=4, seed=3)
    world = 1000 * (poses.samples + poses.per_sample["root"][:, None])[..., [1, 2, 0]]
    paths = [tmp_path / "one.npy", tmp_path / "two.npy"]
    np.save(paths[0], world[:400].astype(np.float64))
    np.save(paths[1], np.asfortranarray(world[400:].astype(np.float32)))
    return paths


@pytest.mark.parametrize("options", [{}, {"split": "clips"}, {"test": ("two.npy",)}])
def test_arrays_are_mapped_and_make_the_files_of_the_whole(
    tmp_path: Path, files: list[Path], tiny: None, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    monkeypatch.setattr(arrays, "BLOCK_BYTES", 150 * 204)
    whole = posectl.open(tmp_path / "whole")
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "4G")
    expected = whole.prepare("arrays", *files, unit="mm", **options)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "100k")
    with monkeypatch.context() as patch:
        patch.setattr(npy, "_read_npy", None)  # no array is read as a whole
        blocks = posectl.open(tmp_path / "blocks").prepare("arrays", *files, unit="mm", **options)
    assert blocks.artifact.digest == expected.artifact.digest
    assert blocks.artifact.about == expected.artifact.about
    assert ["checked", "in 6 blocks; what follows is of the first"] in blocks.figures["rows"]


def test_a_file_beyond_memory_that_is_cut_short_is_said(tmp_path: Path, files: list[Path], tiny: None) -> None:
    files[0].write_bytes(files[0].read_bytes()[:-1000])
    with pytest.raises(InvalidInputError, match=r"one\.npy is cut short"):
        posectl.open(tmp_path / "s").prepare("arrays", *files, unit="mm")


def test_nan_beyond_the_frames_that_are_looked_at_first_is_said(
    tmp_path: Path, files: list[Path], tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "_SHOWN", 10)
    values = np.load(files[0])
    values[201, 3, 1] = np.nan
    np.save(files[0], values)
    with pytest.raises(InvalidInputError, match="NaN"):
        posectl.open(tmp_path / "s").prepare("arrays", *files, unit="mm")
