"""A source beyond memory is prepared block by block, into the files that it has as a whole."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import posectl
from posectl.api.lab import Lab
from posectl.data import stream
from posectl.data.readers import arrays, mannequin
from posectl.data.safe import npy, zipped
from posectl.errors import InvalidInputError, UnavailableError, UsageError
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


@pytest.fixture
def told(files: list[Path], tmp_path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz that says all that one may, in clips of 40 frames, its pelvises at the origin."""
    world = np.concatenate([np.load(path) for path in files])[:760].astype(np.float32)
    clip = np.arange(760) // 40
    return {
        "positions": world - world[:, :1], "root": world[:, 0], "units": np.array("mm"), "up_axis": np.array("y"),
        "clip": clip, "frame": np.arange(760) % 40 + 3, "subject": np.array(["ann", "bob", "cy"])[clip % 3],
        "action": np.array(["walk", "run"])[clip % 2], "split": np.where(clip % 3 == 1, "test", "train"),
        "fps": np.array(50.0), "others": np.zeros((7, 3)),
    }  # fmt: skip


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("member", ["", ":positions"])
def test_archives_are_mapped_and_make_the_files_of_the_whole(
    tmp_path: Path, told: dict[str, np.ndarray], tiny: None, monkeypatch: pytest.MonkeyPatch, save: Any, member: str
) -> None:
    monkeypatch.setattr(arrays, "BLOCK_BYTES", 150 * 204)
    save(tmp_path / "all.npz", **told)
    path = f"{tmp_path / 'all.npz'}{member}"
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "4G")
    expected = posectl.open(tmp_path / "whole").prepare("arrays", path)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "400k")
    read = npy._read_member
    with monkeypatch.context() as patch:
        patch.setattr(npy, "_read_member", lambda zipped, name, *rest: read(zipped, _label(name), *rest))
        blocks = posectl.open(tmp_path / "blocks").prepare("arrays", path)
    assert blocks.artifact.digest == expected.artifact.digest
    assert blocks.artifact.about == expected.artifact.about
    assert blocks.artifact.about["split"] == "as the files say"
    assert np.abs(blocks.artifact.read("root")).max() > 0.5
    assert ["checked", "in 6 blocks; what follows is of the first"] in blocks.figures["rows"]
    assert not list(tmp_path.glob("tmp*"))


def _label(name: str) -> str:
    assert name != "positions", "poses were read as a whole"
    return name


def test_frames_of_an_archive_out_of_order_need_the_whole(
    tmp_path: Path, told: dict[str, np.ndarray], tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "400k")
    np.savez(tmp_path / "all.npz", **{**told, "clip": told["clip"][::-1] % 2})
    with pytest.raises(InvalidInputError, match="its clips are not in one piece each") as caught:
        posectl.open(tmp_path / "s").prepare("arrays", tmp_path / "all.npz")
    assert "POSECTL_MAX_MEMORY" in caught.value.hint


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_byte_that_rotted_in_an_archive_beyond_memory_is_said(
    tmp_path: Path, told: dict[str, np.ndarray], tiny: None, monkeypatch: pytest.MonkeyPatch, save: Any
) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "400k")
    save(tmp_path / "all.npz", **told)
    data = bytearray((tmp_path / "all.npz").read_bytes())
    data[100_000] ^= 16
    (tmp_path / "all.npz").write_bytes(data)
    with pytest.raises(InvalidInputError, match="damaged or truncated"):
        posectl.open(tmp_path / "s").prepare("arrays", tmp_path / "all.npz")


def test_an_archive_that_unpacks_a_hundredfold_is_held_against_memory(
    tmp_path: Path, tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipped, "unpack", None)
    np.savez_compressed(tmp_path / "bomb.npz", positions=np.zeros((100_000, 17, 3)))
    with pytest.raises(InvalidInputError, match="of memory"):
        posectl.open(tmp_path / "s").prepare("arrays", tmp_path / "bomb.npz")


def test_no_room_to_unpack_is_said(
    tmp_path: Path, told: dict[str, np.ndarray], tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "400k")
    monkeypatch.setattr(zipped.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
    np.savez_compressed(tmp_path / "all.npz", **told)
    with pytest.raises(UnavailableError, match=r"has 155,168 bytes unpacked, and .* has room for 1,000") as caught:
        posectl.open(tmp_path / "s").prepare("arrays", tmp_path / "all.npz")
    assert "TMPDIR" in caught.value.hint


def test_a_disk_that_fills_while_it_is_unpacked_is_no_damaged_archive(
    tmp_path: Path, told: dict[str, np.ndarray], tiny: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "400k")

    def write(block: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    full = SimpleNamespace(gettempdir=lambda: str(tmp_path), TemporaryFile=lambda: SimpleNamespace(write=write))
    monkeypatch.setattr(zipped, "tempfile", full)
    np.savez_compressed(tmp_path / "all.npz", **told)
    with pytest.raises(UnavailableError, match="cannot be written: No space left on device"):
        posectl.open(tmp_path / "s").prepare("arrays", tmp_path / "all.npz")


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
