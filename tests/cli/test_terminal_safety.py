"""What a hostile store may do to a terminal, and what a signal does to a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from posectl.store import Store
from posectl.store.sealed import seal, unseal

EVIL = "\x1b]0;pwned\x07\x1b[31m\u202egnp.exe\nerror: forged\x9b2J"
UNSAFE = ("\x1b", "\x07", "\u202e", "\x9b")


@pytest.fixture
def hostile(tmp_path: Path) -> Store:
    """A store whose manifest's every free text is hostile."""
    store = Store(tmp_path / "artifacts")
    for name in ("small", "undated"):
        with store.draft("samples", name) as draft:
            draft.put("x", np.arange(3.0))
            path = draft.publish().path / "manifest.json"
    path.write_bytes(seal(unseal(path.read_bytes()) | {"created": EVIL}))
    path = store.path / "small" / "v1" / "manifest.json"
    fields = unseal(path.read_bytes())
    fields |= {
        "command": EVIL, "machine": EVIL, "git_commit": EVIL, "device": EVIL,
        "about": {EVIL: EVIL}, "summary": {EVIL: EVIL}, "config": {EVIL: {"value": EVIL, "source": EVIL}},
        "parents": [{"role": EVIL, "ref": EVIL, "digest": "0" * 64}],
    }  # fmt: skip
    path.write_bytes(seal(fields))
    (store.path / "small" / EVIL.replace("/", "-")).mkdir()
    (store.path / ".staging" / f"{EVIL}.part").write_text("left")
    (tmp_path / f"{EVIL}.npy").write_bytes(b"\x93NUMPY but no more")
    (tmp_path / f"{EVIL}.d").mkdir()
    (tmp_path / f"{EVIL}.d" / f"{EVIL}.png").write_bytes(b"no picture")
    (tmp_path / f"{EVIL}.d" / f"{EVIL}.bvh").write_text(f"HIERARCHY ROOT {EVIL}")
    with zipfile.ZipFile(tmp_path / f"{EVIL}.zip", "w") as archive:
        archive.writestr(f"{EVIL}/v1/manifest.json", "{}")
    return store


COMMANDS = [
    ("store", "ls"), ("store", "ls", "-v"), ("store", "show", "small"), ("store", "log", "small"),
    ("store", "diff", "small", "small"), ("store", "verify"), ("store", "gc", "--dry-run"), ("store", "gc"),
    ("store", "rm", "small:v1", "--dry-run"), ("store", "alias", "small", EVIL), ("evaluate", "small"),
    ("compare", "small"),
    ("render", "small", "-o", "x.png"), ("plot", "small", "-o", "x.png"), ("evaluate", f"{EVIL}.npy"),
    ("render", f"{EVIL}.npy", "-o", f"{EVIL}.png"), ("prepare", "arrays", f"{EVIL}.npy"), ("prepare", "mocap", EVIL),
    ("interpolate", f"{EVIL}.npy", EVIL), ("train", EVIL), ("train", "--reg", EVIL), ("store", "import", EVIL), (EVIL,),
    ("train", f"--{EVIL}"), ("store", "show", EVIL), ("sample", EVIL), ("encode", "small"), ("encode", EVIL),
    ("encode", f"{EVIL}.npy", "--model", EVIL), ("encode", "small", "-o", f"{EVIL}.npy"), ("decode", EVIL),
    ("decode", f"{EVIL}.npy", "--model", "small"), ("regularizers", EVIL), ("sweep", EVIL), ("sweep", "small"),
    ("interpolate", "small#0", "small#1"), ("compare", EVIL), ("plot", EVIL), ("train", "small", "--name", EVIL),
    ("train", "--config", EVIL), ("train", "--set", EVIL), ("train", "--preset", EVIL), ("doctor", "--store", EVIL),
    ("store", "rm", EVIL), ("store", "diff", EVIL, "small"), ("store", "export", "small", "-o", f"x/{EVIL}.zip"),
    ("store", "import", f"{EVIL}.zip"), ("store", "upgrade", "--dry-run"), ("prepare", "images", f"{EVIL}.d"),
    ("prepare", "mocap", f"{EVIL}.d"), ("prepare", "h36m", f"{EVIL}.npy"), ("completion", EVIL), ("demo", EVIL),
    ("explore", EVIL), ("arithmetic", f"small#0 + {EVIL}"), ("attribute", "fit", EVIL, "--label", EVIL),
    ("attribute", "apply", EVIL, EVIL),
]  # fmt: skip


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_escape_reaches_the_terminal_from_any_command(posectl, hostile, form):
    for command in COMMANDS:
        done = posectl(*command, *form)
        written = done.out + done.err
        assert not any(mark in written for mark in UNSAFE), (command, written)
        assert "\nerror: forged" not in written, (command, written)
        assert "Traceback" not in written, (command, written)
        assert "failed unexpectedly" not in written, (command, written)


def signalled(command, folder, made, sign):
    """Start a command in a folder, signal it once files of a pattern are there; return its words and its code."""
    run = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while not list(folder.glob(made)):
            assert time.monotonic() < deadline
            assert run.poll() is None, run.communicate()
            time.sleep(0.02)
        run.send_signal(sign)
        return (*run.communicate(timeout=60), run.returncode)
    finally:
        run.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_sigterm_ends_what_a_script_started_beside_itself(tmp_path):
    """Of a script's `posectl ... &` the shell lets Ctrl-C be ignored."""
    line = "trap '' INT; exec \"$0\" -m posectl prepare mannequin --samples 100000000"
    made = "artifacts/.staging/*/samples*"
    out, err, code = signalled(["sh", "-c", line, sys.executable], tmp_path, made, signal.SIGTERM)
    assert (code, out) == (143, "")
    assert "Interrupted" in err
    assert not list(tmp_path.glob(made))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("sign", "code"), [(signal.SIGTERM, 143), pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow)]
)
def test_sigterm_and_sighup_are_a_ctrl_c(trained, tmp_path, sign, code):
    """Checkpoint, sentence, and the exit code of the signal."""
    args = ("train", "poses", "--steps", "400000", "--set", "mlp.widths=16", "--checkpoint-every", "100", "--name", "m")
    made = "artifacts/.staging/checkpoints-*/save-*"
    out, err, ended = signalled([sys.executable, "-m", "posectl", *args], tmp_path, made, sign)
    assert (ended, out) == (code, "")
    assert "Interrupted at step" in err
    assert "--resume" in err
    assert list(tmp_path.glob(made))
