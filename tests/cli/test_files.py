"""What a command writes where the user says."""

import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

import posectl as library
from posectl.api.files import write_bytes
from posectl.errors import ConflictError, UnavailableError, UsageError


def test_a_file_is_written_whole_and_never_over_another_unasked(tmp_path):
    path = tmp_path / "x.md"
    write_bytes(path, b"first", force=False)
    with pytest.raises(ConflictError, match="is there already"):
        write_bytes(path, b"second", force=False)
    assert path.read_bytes() == b"first"
    write_bytes(path, b"second", force=True)
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["x.md"]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    write_bytes(path, b"through", force=True)
    reader.join(10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_where_nothing_can_be_written_is_said(tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        write_bytes(tmp_path, b"x", force=True)
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="cannot be written: Not a directory"):
        write_bytes(tmp_path / "file" / "x", b"x", force=True)


def test_the_folder_of_an_output_is_made_by_every_command(trained, tmp_path):
    sample = ("sample", "acai", "-n", "3")
    small = ("--endpoints", "4", "--steps", "5", "--metric", "anci")
    for i, command in enumerate(
        [
            (*sample, "-o", "draws.npy"),
            ("interpolate", "poses#1", "poses#200", "--steps", "3", "-o", "path.npy"),
            ("render", "acai-samples", "-o", "draws.png"),
            ("render", "acai-paths", "-o", "path.gif"),
            ("plot", "acai", "-o", "losses.svg"),
            ("store", "export", "acai", "-o", "acai.zip"),
        ]
    ):
        path = Path(f"new{i}", "folder", command[-1])
        done = trained(*command[:-1], path)
        assert done.code == 0, done.err
        assert (tmp_path / path).stat().st_size > 0
    assert trained("evaluate", "acai", *small).code == 0
    assert trained("compare", "acai", "-o", "new/folder/table.md").code == 0
    assert "anci" in (tmp_path / "new" / "folder" / "table.md").read_text()


def test_every_command_that_takes_an_array_file_takes_one_array_of_an_npz(trained, tmp_path, people):
    np.savez(
        tmp_path / "two.npz", a=people[:1], b=people[40:41], real=people[:99], paths=people[:60].reshape(3, 20, 17, 3)
    )
    assert trained("prepare", "arrays", "two.npz:real", "--name", "real").code == 0
    assert len(trained("evaluate", "two.npz:paths", "--against", "two.npz:real", "--json").json["scores"]) > 3
    assert trained("interpolate", "two.npz:a", "two.npz:b", "--model", "acai", "--steps", "5").code == 0
    assert trained("render", "two.npz:paths", "-o", "x.png").code == 0
    done = trained("evaluate", "two.npz:pahts")
    assert done.code == 3
    assert "two.npz holds no array 'pahts'" in done.err
    assert "'paths'" in done.err


def test_the_library_takes_one_array_of_an_npz(trained, tmp_path, people):
    np.savez(tmp_path / "two.npz", real=people[:99], paths=people[:60].reshape(3, 20, 17, 3))
    lab = library.open(tmp_path / "artifacts", quiet=True)
    assert len(lab.prepare("arrays", tmp_path / "two.npz:real", name="real")) == 99
    scores = lab.evaluate(tmp_path / "two.npz:paths", against=f"{tmp_path}/two.npz:real", metrics="mean_distance")
    assert scores["mean_distance"]["mean"] == pytest.approx(0, abs=1e-6)  # they are of the real ones


def test_every_output_that_cannot_be_written_is_told_alike(trained, tmp_path):
    trained("sample", "acai", "-n", "3")
    trained("evaluate", "acai", "--metric", "anci", "--endpoints", "4", "--steps", "5")
    (tmp_path / "file").touch()
    for command, name in {
        ("sample", "acai", "-n", "3"): "x.npy",
        ("encode", "poses"): "x.npy",
        ("render", "acai-samples"): "x.png",
        ("plot", "acai"): "x.pdf",
        ("compare", "acai"): "x.csv",
        ("store", "export", "acai"): "x.zip",
        ("demo",): "x",
    }.items():
        done = trained(*command, "-o", f"file/{name}")
        assert done.code == 6, (command, done.err)
        assert f"{name} cannot be written: " in done.err
        assert "hint:  Write elsewhere" in done.err
        if command != ("demo",):
            (tmp_path / "folder").mkdir(exist_ok=True)
            folder = (tmp_path / "folder").rename(tmp_path / f"folder{Path(name).suffix}")
            assert trained(*command, "-o", folder.name, "--force").code == 2, command
            folder.rename(tmp_path / "folder")


def test_a_name_that_the_demo_takes_is_told_with_an_option_of_the_demo(posectl):
    posectl("prepare", "mannequin", "--subjects", "2", "--seconds", "0.5", "--name", "demo")
    done = posectl("demo")
    assert done.code == 7
    assert "'demo' belongs to demo:v1, a dataset" in done.err
    assert "Choose another --store." in done.err
