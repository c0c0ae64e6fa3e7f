"""The command line as a shell sees it: a process, its exit code, its two streams."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


Posectl = Callable[..., Ran]


def run_in(folder: Path, *args: object, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "posectl", *map(str, args)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**_clean(), "COLUMNS": "200", **(env or {})},
        timeout=300,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def _clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("POSECTL_")} | {
        "OMP_NUM_THREADS": "1"
    }


@pytest.fixture
def posectl(tmp_path: Path) -> Posectl:
    """Run posectl in an empty folder of the test's own."""
    return partial(run_in, tmp_path)


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
