"""A store in a folder of its own, and a quick way to put something in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posectl.store import Artifact, Store

Publish = Callable[..., Artifact]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "artifacts")


@pytest.fixture
def publish(store: Store) -> Publish:
    """publish(name, value, kind=, parents=, **record): an artifact with one array `x` of `value`, and one of text."""

    def put(
        name: str = "poses",
        value: float = 0.0,
        *,
        kind: str = "dataset",
        parents: Sequence[tuple[str, Artifact]] = (),
        **record: Any,
    ) -> Artifact:
        with store.draft(kind, name) as draft:
            draft.put("x", np.full((4, 3), value, np.float32), dims=("sample", "axis"))
            draft.put("label", np.array(["walk", "run"]), dims=("clip",))
            draft.record(parents=parents, **record)
            return draft.publish()

    return put


@pytest.fixture
def staging(store: Store) -> Callable[[], list[str]]:
    """What lies in .staging."""

    def names() -> list[str]:
        folder = store.path / ".staging"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    return names
