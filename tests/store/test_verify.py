from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soak

from posectl.errors import UsageError
from posectl.store import Store

from .conftest import Publish


def test_a_whole_store_has_no_problems_at_any_level(store: Store, publish: Publish) -> None:
    poses = publish("poses")
    publish("acai", 1.0, kind="model", parents=[("dataset", poses)])
    store.alias("acai", "best")
    for level in (1, 2, 3, 4):
        assert store.verify(level=level) == []
        assert store.verify("acai:best", level) == []
    with pytest.raises(UsageError, match="level 5"):
        store.verify(level=5)


@pytest.mark.parametrize("step", [11, pytest.param(1, marks=pytest.mark.slow)])
def test_every_byte_of_an_artifact_counts(store: Store, step: int) -> None:
    with store.draft("samples", "small") as draft:
        draft.put("x", np.arange(20.0))
        artifact = draft.publish()
    sizes = [path.stat().st_size for path in artifact.path.rglob("*") if path.is_file()]
    assert sum(sizes) > 2000
    assert soak.flip(artifact, store, [0x20], step) == sum(len(range(0, size, step)) for size in sizes)


@pytest.mark.parametrize("name", ["manifest.json", "zarr.json", "x/zarr.json", "x/c.0.0", "label/c.0"])
def test_truncated_grown_deleted_and_replaced_files_are_noticed(store: Store, publish: Publish, name: str) -> None:
    artifact = publish("poses", 1.0)
    values = {array: artifact.read(array) for array in artifact.arrays()}
    path = artifact.path / name
    whole = path.read_bytes()
    for damage in (whole[:-1], whole[: len(whole) // 2], b"", whole + b"\0", whole + whole, whole[::-1]):
        path.write_bytes(damage)
        soak.check_damage("poses:v1", store, values, name)
    path.unlink()
    soak.check_damage("poses:v1", store, values, name)
    path.mkdir()
    soak.check_damage("poses:v1", store, values, name)
    path.rmdir()
    path.write_bytes(whole)
    assert store.verify() == []


@pytest.mark.parametrize("name", ["notes.txt", "x/c.1.0", "x/c.0.0.partial", "y/zarr.json", ".hidden", "empty/"])
def test_what_was_not_published_is_noticed(store: Store, publish: Publish, name: str) -> None:
    path = publish("poses").path / name
    path.parent.mkdir(exist_ok=True)
    path.mkdir() if name.endswith("/") else path.write_text("{}")
    assert [problem.message for problem in store.verify()] == [f"{name} was not published"]
    assert store.verify(level=1) == []


def test_a_symlink_to_the_very_bytes_is_noticed(store: Store, publish: Publish, tmp_path: Path) -> None:
    chunk = publish("poses").path / "x" / "c.0.0"
    os.replace(chunk, tmp_path / "chunk")
    chunk.symlink_to(tmp_path / "chunk")
    assert store.verify("poses", 1)


def test_each_problem_says_whose_and_where(store: Store, publish: Publish) -> None:
    publish("poses")
    damaged = publish("poses")
    (damaged.path / "x" / "c.0.0").write_bytes(b"")
    (problem,) = store.verify()
    assert problem.ref == "poses:v2"
    assert problem.path == damaged.path / "x" / "c.0.0"
    assert str(problem).startswith("poses:v2: x/c.0.0 holds 0 bytes, not ")


def test_what_is_none_of_the_stores_is_noticed(store: Store, publish: Publish) -> None:
    path = publish("poses").path
    (store.path / "notes.txt").write_text("x")
    (store.path / "poses" / "v01").mkdir()
    (store.path / "poses" / "v2").write_text("x")
    assert sorted(problem.path.name for problem in store.verify()) == ["notes.txt", "v01", "v2"]
    assert store.get("poses").path == path


def test_a_version_under_another_name_is_noticed(store: Store, publish: Publish) -> None:
    path = publish("poses").path
    (store.path / "other").mkdir()
    path.rename(store.path / "other" / "v1")
    assert [problem.message for problem in store.verify()] == ["it was published as 'poses'"]


def test_an_alias_of_nothing_is_noticed(store: Store, publish: Publish, tmp_path: Path) -> None:
    publish("poses")
    store.alias("poses:v1", "best")
    publish("poses").path.parent.joinpath("v1").rename(tmp_path / "gone")
    assert [problem.message for problem in store.verify()] == ["the alias 'best' means v1, which is not there"]


def test_parents_are_found_by_digest_whatever_their_version(store: Store, publish: Publish, tmp_path: Path) -> None:
    publish("poses", 1.0)
    child = publish("acai", 2.0, kind="model", parents=[("dataset", publish("poses", 3.0))])
    store.export(child.ref, tmp_path / "x.zip", with_parents=True)
    other = Store(tmp_path / "other")
    other.import_(tmp_path / "x.zip")
    assert other.versions("poses") == [1]
    assert other.verify(level=4) == []
    assert other.log("acai").ancestors[0].ref == "poses:v1"


def test_a_lost_parent_is_a_problem_of_level_four(store: Store, publish: Publish) -> None:
    publish("acai", 2.0, kind="model", parents=[("dataset", publish("poses", 1.0))])
    store.remove("poses", force=True)
    assert store.verify(level=3) == []
    (problem,) = store.verify(level=4)
    assert problem.message.startswith("its dataset poses:v1 (sha256:")
