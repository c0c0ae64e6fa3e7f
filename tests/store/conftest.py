"""A store of its own for each test, in a folder or on object storage, and a quick way to put something in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import buckets
import numpy as np
import pytest

from posectl.store import Artifact, Store

Publish = Callable[..., Artifact]

# The store's contract: tests of these modules hold for either sort of store, but for those that reach into the folder.
CONTRACT = ("test_collect", "test_diff", "test_lineage", "test_names", "test_order", "test_publish", "test_store",
            "test_upgrade", "test_verify")  # fmt: skip
LOCAL = ("x",)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module, name = metafunc.module.__name__.rpartition(".")[2], metafunc.function.__name__
    if module in CONTRACT and name not in LOCAL and "store" in metafunc.fixturenames:
        metafunc.parametrize("store", ["folder", pytest.param("objects")], indirect=True)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a server of object storage; skips where there is none."""
    pytest.importorskip("obstore")
    pytest.importorskip("moto")
    with buckets.serving() as address:
        yield address


@pytest.fixture
def cloud(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of object storage, which the environment names, with local copies of the test's own."""
    for name, value in buckets.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("POSECTL_CACHE", str(tmp_path / "copies"))
    return address


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if getattr(request, "param", "folder") == "objects":
        request.getfixturevalue("cloud")
        return Store(buckets.new_url())
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
