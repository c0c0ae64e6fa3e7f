"""The command line as a shell sees it: a process, its exit code, its two streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
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


@pytest.fixture
def posectl(tmp_path: Path) -> Posectl:
    """Run posectl in an empty folder of the test's own."""

    def run(*args: object, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "posectl", *map(str, args)],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            env={**_clean(), "COLUMNS": "200", **(env or {})},
            timeout=300,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def _clean() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("POSECTL_")} | {
        "OMP_NUM_THREADS": "1"
    }


@pytest.fixture(scope="session")
def people() -> np.ndarray:
    """300 poses (300, 17, 3) of plausible size, pelvis at the origin: one body, limbs turned at random."""
    from posectl.data.readers.mannequin import read

    poses = read([], subjects=4, seconds=1.0, seed=1).samples
    return poses[np.linspace(0, len(poses) - 1, 300).astype(int)]


@pytest.fixture
def trained(posectl: Posectl, tmp_path: Path, people: np.ndarray) -> Posectl:
    """A store with a small dataset `poses` and a model `acai`, both version 1."""
    np.savez(tmp_path / "poses.npz", positions=people)
    assert posectl("prepare", "arrays", "poses.npz", "--name", "poses").code == 0
    done = posectl(
        "train", "poses", "--reg", "acai", "--lam", "0.1", "--steps", "20", "--widths", "16", "--name", "acai"
    )
    assert done.code == 0, done.err
    return posectl
