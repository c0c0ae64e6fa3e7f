"""The command line as a shell sees it: arguments in, an exit code and two streams out.

`posectl` runs it in this process, which takes a hundredth of the time that a process of its own needs to import torch;
`posectl_process` is for what needs one: signals, terminals, pipes, what is imported.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from posectl.cli.app import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Posectl = Callable[..., Ran]


def run_in(folder: Path, *args: object, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
    """Run a command line in this process, as if in one of its own, and leave the process as it was."""
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="\n") for data in (stdin, b"", b"")]
    with _as_if_alone(folder, ["posectl", *map(str, args)], streams, env or {}):
        code = main()
    for stream in streams:
        stream.flush()
    return Ran(code, *(stream.buffer.getvalue().decode() for stream in streams[1:]))


@contextmanager
def _as_if_alone(
    folder: Path, argv: list[str], streams: list[io.TextIOWrapper], env: Mapping[str, str]
) -> Iterator[None]:
    names = ("argv", "stdin", "stdout", "stderr")
    before = [getattr(sys, name) for name in names]
    environment, cwd = dict(os.environ), Path.cwd()
    threads, interrupt = torch.get_num_threads(), signal.getsignal(signal.SIGINT)
    try:
        for name, value in zip(names, (argv, *streams), strict=True):
            setattr(sys, name, value)
        _set_environment({**_clean(environment), **env})
        os.chdir(folder)
        torch.set_num_threads(1)
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(sys, name, value)
        _set_environment(environment)
        os.chdir(cwd)
        torch.set_num_threads(threads)
        signal.signal(signal.SIGINT, interrupt)


def _set_environment(values: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what a developer has set for posectl, and with one thread, as a test process has."""
    kept = {key: value for key, value in environment.items() if not key.startswith(("POSECTL_", "_POSECTL_"))}
    return kept | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"}


def process_in(folder: Path, *args: object, stdin: bytes | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command line in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "posectl", *map(str, args)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**_clean(os.environ), **(env or {})},
        timeout=300,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def posectl(tmp_path: Path) -> Posectl:
    """Run posectl in an empty folder of the test's own."""
    return partial(run_in, tmp_path)


@pytest.fixture
def posectl_process(tmp_path: Path) -> Posectl:
    """Run posectl in a process of its own, in the same folder."""
    return partial(process_in, tmp_path)


@pytest.fixture(scope="session")
def people() -> np.ndarray:
    """300 poses (300, 17, 3) of plausible size, pelvis at the origin, in many motions."""
    from posectl.data.readers.mannequin import read

    poses = read([], subjects=4, seconds=1.0, seed=1).samples
    return poses[np.linspace(0, len(poses) - 1, 300).astype(int)]


@pytest.fixture(scope="session")
def store_with_a_model(tmp_path_factory: pytest.TempPathFactory, people: np.ndarray) -> Path:
    """A folder whose store holds a small dataset `poses` and a model `acai`, both version 1."""
    folder = tmp_path_factory.mktemp("trained")
    np.savez(folder / "poses.npz", positions=people)
    prepared = run_in(folder, "prepare", "arrays", "poses.npz", "--name", "poses")
    assert prepared.code == 0, prepared.err
    done = run_in(folder, "train", "poses", "--reg", "acai", "--lam", "0.1", "--steps", "20", "--set", "mlp.widths=16",
                  "--name", "acai")  # fmt: skip
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def trained(store_with_a_model: Path, posectl: Posectl, tmp_path: Path) -> Posectl:
    """Run posectl in a copy of that folder."""
    shutil.copytree(store_with_a_model, tmp_path, dirs_exist_ok=True)
    return posectl
