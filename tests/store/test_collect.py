from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

import killing
import numpy as np
import pytest

from posectl.store import Store

from .conftest import Publish

Staging = Callable[[], list[str]]


def test_what_a_dead_process_left_is_cleared(store: Store, publish: Publish, staging: Staging) -> None:
    publish("poses")
    killing.forget_draft(store, "poses")
    before = staging()
    dry = store.gc(dry_run=True)
    assert staging() == before
    wet = store.gc()
    assert wet == dry
    assert [junk.what for junk in wet.removed] == ["an artifact never finished", "a lock that nobody holds"]
    assert wet.freed > 0
    assert staging() == []
    assert store.verify() == []
    assert store.gc().removed == []


def test_what_a_live_process_works_on_is_kept(store: Store) -> None:
    with store.draft("dataset", "poses") as draft:
        draft.put("x", np.zeros(3))
        (kept,) = store.gc().kept
        assert kept.path == draft.path
        assert f"process {os.getpid()}" in kept.what
        assert draft.publish().read("x").tolist() == [0, 0, 0]


@pytest.mark.parametrize(("days", "removed"), [(0, False), (6, False), (8, True)])
def test_what_another_host_left_is_cleared_once_it_is_very_old(
    store: Store, staging: Staging, days: float, removed: bool
) -> None:
    lock = killing.forget_draft(store, "poses").with_suffix(".lock")
    lock.write_text(json.dumps({"pid": 1, "host": "elsewhere.example", "start": ""}))
    then = time.time() - days * 24 * 3600
    os.utime(lock, (then, then))
    assert bool(store.gc().removed) == removed
    assert (staging() == []) == removed


def test_a_training_that_can_be_resumed_is_kept_unless_asked(store: Store, staging: Staging) -> None:
    checkpoints = store.checkpoints("k")
    checkpoints.save(1, {"w": np.zeros(3)}, {})
    (checkpoints.path / "half.part").mkdir()
    collection = store.gc()
    assert [junk.what for junk in collection.kept] == ["a training that can be resumed"]
    assert [junk.what for junk in collection.removed] == ["a checkpoint never finished"]
    assert checkpoints.load() is not None
    with checkpoints.lock():
        assert store.gc(checkpoints=True).removed == []
    assert store.gc(checkpoints=True).removed
    assert checkpoints.load() is None
    assert staging() == []


def test_stray_locks_and_files_and_empty_names_are_cleared(store: Store, publish: Publish, staging: Staging) -> None:
    publish("poses")
    for name in ("name-poses.lock", "name-poses.part", "store.part", "checkpoints-k.lock"):
        (store.path / ".staging" / name).write_text("")
    os.utime(store.path / ".staging" / "checkpoints-k.lock", (0, 0))  # one that says nothing may just be made
    (store.path / ".staging" / "checkpoints-k").mkdir()
    (store.path / "other").mkdir()
    store.gc()
    assert staging() == []
    assert not (store.path / "other").exists()
    assert store.names() == ["poses"]


def test_gc_never_touches_what_was_published(store: Store, publish: Publish) -> None:
    publish("poses", 1.0)
    store.alias("poses", "best")
    store.remove(publish("poses", 2.0).ref)
    store.gc(checkpoints=True)
    assert store.get("poses:best").read("x")[0, 0] == 1.0
    assert publish("poses").ref == "poses:v3"
