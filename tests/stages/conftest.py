"""A store with a small mannequin in it, and what a run in it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from posectl.stages.prepare import prepare
from posectl.stages.run import Run


@pytest.fixture
def told() -> list[str]:
    """The sentences that `run` says."""
    return []


@pytest.fixture
def run(tmp_path: Path, told: list[str]) -> Run:
    """A run on one thread, in a store of its own."""
    run = Run(store=tmp_path / "artifacts", threads=1, tell=told.append)
    prepare(run, "mannequin", options={"subjects": 3, "seconds": 0.5})
    told.clear()
    return run
