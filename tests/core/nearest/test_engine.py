"""The search without its compiler: PyTorch finds the same, to the bit, and one warning says why it is slower."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Each row of the reference is there twice, so that ties count, too.
SEARCHES = """
import hashlib, logging, sys
import numpy as np
from posectl.core.metrics.nearest import nearest
from posectl.core.nearest import block

logging.basicConfig(format="WARNING %(name)s %(message)s")
block.SMALL = -1
random = np.random.default_rng(0)
queries, reference = random.normal(size=(70, 4, 3)), np.repeat(random.normal(size=(400, 4, 3)), 2, 0)
for metric in ("mpjpe", "l2", "cosine"):
    for kind in (np.float32, np.float64):
        distances, indices = nearest(queries.astype(kind), reference.astype(kind), 5, metric)
        found = distances.numpy().tobytes() + indices.numpy().tobytes()
        print(metric, kind.__name__, hashlib.sha256(found).hexdigest())
"""
MISSING = "import sys; sys.modules['numba'] = None"
TOO_NEW = "import sys; sys.modules['numba.np.arrayobj'] = None"
UNKNOWN_PROCESSOR = """
import llvmlite.binding
def refuse(*_): raise RuntimeError("LLVM ERROR: unknown processor\\nand more")
llvmlite.binding.parse_assembly = refuse
"""
NO_ROOM = """
import errno, pathlib
from numba.core.caching import IndexDataCacheFile
def refuse(*_): raise OSError(errno.ENOSPC, "No space left on device")
IndexDataCacheFile.save = refuse
"""


def searched(before: str = "", **environment: str) -> tuple[list[str], list[str]]:
    """What the searches find in a process that runs `before` them, and the warnings it gives."""
    done = subprocess.run(
        [sys.executable, "-c", before + SEARCHES], env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=300, check=True,
    )  # fmt: skip
    return done.stdout.splitlines(), [line for line in done.stderr.splitlines() if line.startswith("WARNING")]


@pytest.fixture(scope="module")
def compiled() -> list[str]:
    """What the compiled search finds."""
    found, warnings = searched()
    assert len(set(found)) == 6
    assert warnings == []
    return found


@pytest.mark.parametrize(
    ("breakage", "reason"),
    [
        (MISSING, "(ModuleNotFoundError: "),
        (TOO_NEW, "(ModuleNotFoundError: "),
        (UNKNOWN_PROCESSOR, "LLVM ERROR: unknown processor)"),
        (NO_ROOM, "No space left on device)"),
    ],
    ids=["no numba", "another numba", "unknown processor", "full disk"],
)
def test_without_the_compiler_the_same_is_found_and_one_warning_says_why(
    compiled: list[str], tmp_path: Path, breakage: str, reason: str
) -> None:
    found, warnings = searched(breakage, NUMBA_CACHE_DIR=str(tmp_path))  # nothing compiled before
    assert found == compiled
    assert len(warnings) == 1
    assert warnings[0].startswith("WARNING posectl.core.nearest.engine The compiled search")
    assert reason in warnings[0]
