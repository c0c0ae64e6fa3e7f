"""The source that reads a file or folder, told by its content before its name."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posectl.data.source_of import source_of


@pytest.mark.parametrize(
    ("arrays", "source"),
    [
        ({"positions": np.zeros((5, 17, 3))}, "arrays"),
        ({"x": np.zeros((5, 51))}, "arrays"),
        ({"x": np.zeros((2, 5, 17, 3))}, "arrays"),
        ({"joints": np.zeros((5, 133, 3))}, "arrays"),
        ({"imgs": np.zeros((5, 64, 64)), "labels": np.zeros(5)}, "images"),
        ({"x": np.zeros((5, 32, 32, 3))}, "images"),
        ({"x": np.zeros((5, 3, 32, 32))}, "images"),
        ({"S": np.zeros((5, 17, 4)), "imgname": np.full(5, "a.jpg")}, "h36m"),
        ({"positions_3d": np.array({"S1": 1}, dtype=object)}, "h36m"),
    ],
)
def test_arrays_are_told_by_their_names_and_shapes(tmp_path: Path, arrays: dict[str, np.ndarray], source: str) -> None:
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]
    assert source_of(tmp_path / "a.npz") == source


def test_one_array_of_several_is_told_by_its_own_shape(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", poses=np.zeros((5, 17, 3)), images=np.zeros((5, 3, 32, 32)))
    assert source_of(tmp_path / "a.npz:poses") == "arrays"
    assert source_of(tmp_path / "a.npz:images") == "images"


@pytest.mark.parametrize(
    ("name", "content", "source"),
    [
        ("walk.bvh", b"HIERARCHY\nROOT Hips\n", "mocap"),
        ("walk.dat", b"HIERARCHY\nROOT Hips\n", "mocap"),
        ("walk.amc", b":FULLY-SPECIFIED\n1\n", "mocap"),
        ("map.txt", b",".join([b"0"] * 99), "h36m"),
        ("map.txt", b",".join([b"0"] * 117), "mocap"),
        ("poses.dat", pickle.dumps({"S1": {}}), "h36m"),
        ("Walking.cdf", b"\xcd\xf3\x00\x01", "h36m"),
        ("train-images-idx3-ubyte", b"\0\0\x08\x03", "images"),
        ("train-images-idx3-ubyte.gz", gzip.compress(b"\0\0\x08\x03", mtime=0), "images"),
        ("notes.md", b"# Notes\n", None),
        ("empty", b"", None),
    ],
)
def test_other_files_are_told_by_content_or_name(tmp_path: Path, name: str, content: bytes, source: str | None) -> None:
    (tmp_path / name).write_bytes(content)
    assert source_of(tmp_path / name) == source


def test_a_folder_is_what_most_of_its_files_are(tmp_path: Path) -> None:
    (tmp_path / "cats" / "a").mkdir(parents=True)
    for name in ("0.png", "1.png"):
        Image.new("L", (8, 8)).save(tmp_path / "cats" / "a" / name)
    (tmp_path / "cats" / "notes.txt").write_bytes(b"0,1\n")
    assert source_of(tmp_path / "cats") == "images"
    assert source_of(tmp_path) == "images"
    (tmp_path / "none").mkdir()
    assert source_of(tmp_path / "none") is None


def test_a_file_that_is_not_there_is_told_by_its_suffix(tmp_path: Path) -> None:
    assert source_of(tmp_path / "train.npz") == "arrays"
    assert source_of(tmp_path / "walk.bvh") == "mocap"
    assert source_of(tmp_path / "acai") is None
