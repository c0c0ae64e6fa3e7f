"""Files from elsewhere: only regular ones are opened, by every reader."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data.mocap.stick import ASF
from PIL import Image

from posectl import content
from posectl.cli import config
from posectl.data.mocap.jointmap import read_map
from posectl.data.readers.arrays import read as read_arrays
from posectl.data.readers.h36m import read as read_h36m
from posectl.data.readers.images import read as read_images
from posectl.data.readers.mocap import read as read_mocap
from posectl.data.source_of import source_of
from posectl.errors import InvalidInputError, NotFoundError
from posectl.inputs import open_input, read_input, read_stream

READERS: list[tuple[str, Callable[[list[Path]], object]]] = [
    *((f"a{suffix}", read_mocap) for suffix in (".bvh", ".amc", ".txt", ".skeleton", ".c3d")),
    *((f"a{suffix}", read_h36m) for suffix in (".npz", ".npy", ".pkl", ".cdf", ".txt", ".json")),
    *((f"a{suffix}", read_images) for suffix in (".png", ".npz", "-images-idx3-ubyte", "-images-idx3-ubyte.gz")),
    *((f"a{suffix}", read_arrays) for suffix in (".npz", ".npy")),
    ("a.yaml", lambda paths: config.load(paths[0])),
    ("a.yaml", lambda paths: read_map(paths[0])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "read"), READERS)
def test_a_pipe_that_is_named_is_refused_and_not_waited_for(tmp_path: Path, name: str, read: Callable) -> None:
    os.mkfifo(tmp_path / name)
    if name == "a.amc":
        (tmp_path / "a.asf").write_text(ASF)
    with pytest.raises(InvalidInputError, match=f"{name} is a pipe"):
        read([tmp_path / name])


def test_a_link_to_a_pipe_and_sockets_and_devices_are_refused_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.npy").symlink_to(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path)  # a socket's name is short
        server.bind("b.npy")
        for name, what in {str(tmp_path / "a.npy"): "a pipe", "b.npy": "a socket", "/dev/zero": "a device"}.items():
            with pytest.raises(InvalidInputError, match=f"is {what}, not a file"):
                open_input(Path(name))


@pytest.mark.parametrize("suffix", [".png", ".bvh", ".txt", ".npz", ".pkl"])
def test_a_pipe_in_a_folder_keeps_nobody_waiting(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    for read in (read_mocap, read_h36m, read_images):
        with pytest.raises((InvalidInputError, NotFoundError)):
            read([tmp_path])
    assert content.head_of(tmp_path / f"pipe{suffix}") == b""
    source_of(tmp_path)


def test_broken_pictures_that_are_pipes_can_be_left_out(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for number in range(2):
        Image.new("L", (8, 8), number).save(tmp_path / f"{number}.png")
    found = read_images([tmp_path], skip_broken=True)
    assert len(found.samples) == 2
    assert "pipe.png" in " ".join(found.warnings)


def test_folders_and_what_is_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is a folder, not a file"):
        read_input(tmp_path)
    with pytest.raises(NotFoundError, match="There is no file"):
        read_input(tmp_path / "a")
    with pytest.raises(NotFoundError, match="There is no file"):
        read_input(Path("a\0b"))


def test_a_shells_pipe_and_a_standard_input_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    code = "from posectl.data.safe.npy import load_array; print(load_array({!r}).sum())"
    for source in ("-", "/dev/stdin"):
        ran = subprocess.run(
            [sys.executable, "-c", code.format(source)], input=(tmp_path / "a.npy").read_bytes(), capture_output=True
        )
        assert ran.stdout == b"6.0\n", ran.stderr


def test_a_stream_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "3M")
    with open("/dev/zero", "rb") as endless, pytest.raises(InvalidInputError, match=r"stdin would take 4\.0 MiB"):
        read_stream(endless, "stdin")
