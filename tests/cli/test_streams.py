"""What a terminal or a disk cannot take: letters beyond ASCII, writing, and Ctrl-C twice. Each is a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

C = {"LC_ALL": "C", "PYTHONUTF8": "0"}
SMALL = ("--endpoints", "4", "--steps", "5", "--metric", "anci,smoothness_ratio")


@pytest.mark.slow
def test_in_the_c_locale_all_is_written_in_ascii(trained, posectl_process, tmp_path: Path):
    assert trained("evaluate", "acai", *SMALL).code == 0
    for args, words in (
        (["compare", "acai"], ["mean +- std", "acai lambda=0.1, d=8"]),
        (["train", "--list-reg"], ["acai", "Berthelot"]),
        (["sweep", "poses", "--reg", "acai", "--lam", "0,0.1", "--steps", "5", "--set", "mlp.widths=16"], ["lambda"]),
        (["store", "ls"], ["data set"]),
        (["prepare", "mannequin", "--subjects", "2", "--seconds", "0.3"], ["+- "]),
        (["render", "poses#3", "-o", "pose.png"], ["pose.png"]),
    ):
        done = posectl_process(*args, env=C)
        assert done.code == 0, done.err
        text = done.out + done.err
        assert text.isascii()
        assert "\\u" not in text
        for word in words:
            assert word in text


@pytest.mark.parametrize("locale", [C, {"LC_ALL": "C.UTF-8"}])
def test_a_name_that_the_locale_cannot_spell_is_a_file_all_the_same(trained, tmp_path: Path, locale: dict[str, str]):
    def ran(*args: bytes | str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "posectl", *args]
        return subprocess.run(command, cwd=tmp_path, env={**os.environ, **locale}, capture_output=True, timeout=120)

    name = "né".encode() + b"\xff"
    gone = ran("evaluate", name + b".npy")
    assert (gone.returncode, gone.stderr.startswith(b"error: There is no file n")) == (3, True)
    drawn = ran("render", "poses#3", "-o", name + b".png")
    assert (drawn.returncode, drawn.stdout[:1]) == (0, b"n")
    assert Path(os.fsdecode(tmp_path / os.fsdecode(name + b".png"))).is_file()


def _read_only(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run posectl where this folder is mounted read-only, in a namespace of the process's own."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, str(folder), sys.executable, "-m", "posectl", *args]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, "POSECTL_QUICK": "1"}
    )


@pytest.mark.parametrize(
    ("args", "code", "sentence"),
    [
        ("train poses --steps 5", 6, "Cannot lock the training in"),
        ("sweep poses --lam 0 --reg acai --steps 5", 6, "Cannot lock the training"),
        ("prepare mannequin --subjects 2", 6, "Cannot begin the dataset 'mannequin'"),
        ("sample acai", 6, "Cannot begin the samples"),
        ("interpolate poses#1 poses#200", 6, "Cannot begin the paths"),
        ("evaluate acai", 6, "Cannot begin the scores"),
        ("render poses#3 -o new/pose.png", 6, "pose.png cannot be written: Read-only file system."),
        ("plot acai -o losses.png", 6, "losses.png cannot be written: Read-only file system."),
        ("store export acai -o acai.zip", 6, "acai.zip cannot be written: Read-only file system."),
        ("store alias acai best", 6, "Cannot alias acai:v1"),
        ("store rm acai", 6, "Cannot remove acai:v1"),
        ("demo", 6, "posectl-demo cannot be written: Read-only file system."),
        ("store ls", 0, ""),
        ("store verify", 0, ""),
    ],
)
def test_a_read_only_folder_is_a_sentence(trained, tmp_path: Path, args: str, code: int, sentence: str):
    if not shutil.which("unshare") or _read_only(tmp_path, "--version").returncode:
        pytest.skip("no file system can be mounted here")
    done = _read_only(tmp_path, *args.split())
    assert done.returncode == code, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert [sentence in line for line in errors] == [True] * bool(code)


@pytest.mark.parametrize("second", [0.0, 0.2])
@pytest.mark.parametrize(
    ("args", "begun"),
    [
        ("train poses --steps 1000000 --set mlp.widths=16", "steps/s"),
        ("sweep poses --reg acai --lam 0,0.1 --steps 1000000 --set mlp.widths=16", "samples/s"),
        ("evaluate acai --samples 20000 --recall-samples 3000000", "scoring"),
    ],
)
def test_ctrl_c_twice_is_one_sentence(trained, tmp_path: Path, args: str, begun: str, second: float):
    terminal = pexpect.spawn(sys.executable, ["-m", "posectl", *args.split()], cwd=str(tmp_path), encoding="utf-8",
                             dimensions=(40, 100), timeout=60, env={**os.environ, "TERM": "xterm"})  # fmt: skip
    terminal.expect_exact(begun)
    terminal.sendintr()
    terminal.expect("error: |\\^C", timeout=60)
    terminal.delaybeforesend = second
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    told = f"{terminal.after}{terminal.before}"
    assert "Traceback" not in told
    assert "Interrupted" in told
