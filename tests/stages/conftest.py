"""A store with a small mannequin in it, and what a run in it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from posectl.stages.artifacts import beyond
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.store import headers


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


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Poses in files of 50, shards of 150 from 10,000 bytes on, and blocks beyond memory of 150."""
    monkeypatch.setattr(headers, "CHUNK_BYTES", 50 * 204)
    monkeypatch.setattr(headers, "SHARD_BYTES", 150 * 204)
    monkeypatch.setattr(headers, "SHARDED_BYTES", 10_000)
    monkeypatch.setattr(beyond, "BLOCK_BYTES", 150 * 204)
