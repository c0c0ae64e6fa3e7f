from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import killing
import numpy as np
import pytest

from posectl.errors import ConflictError
from posectl.store import Store, beats, leases, locks, owners

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


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder counts as dead after a second."""
    monkeypatch.setattr(beats, "BEAT", 0.1)
    monkeypatch.setattr(beats, "SILENCE", 1.0)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("days", [-8, 0, 8])
def test_what_another_host_holds_is_kept_while_it_beats_and_cleared_when_it_does_not(
    store: Store, staging: Staging, monkeypatch: pytest.MonkeyPatch, days: float
) -> None:
    def held_elsewhere(lock: Path, number: int) -> None:
        with lock.open("r+b", buffering=0) as file:  # in its place, as a holder does, so that it is never empty
            file.write(json.dumps({"pid": 1, "host": "elsewhere.example", "beats": number}).encode())
        os.utime(lock, (then, then))

    def beat_meanwhile(seconds: float) -> None:
        held_elsewhere(living, next(beats_of_living))
        sleep(seconds)

    then, heard, sleep, beats_of_living = time.time() - days * 24 * 3600, list[int](), time.sleep, count(1)
    dead, living = (killing.forget_draft(store, name).with_suffix(".lock") for name in ("dead", "living"))
    training = Path(f"{store.checkpoints('abc').path}.lock")
    for lock in (dead, training, living):
        lock.write_text("")
        held_elsewhere(lock, 0)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(time, "sleep", beat_meanwhile)
        dry = store.gc(dry_run=True)
        found = store.gc(listening=heard.append)
    assert [junk.path for junk in found.kept] == [living.with_suffix("")]
    assert {junk.path for junk in found.removed} == {dead, dead.with_suffix(""), training}
    assert dry == found
    assert heard == [3]
    assert store.gc().removed
    assert staging() == []


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("kernel", [True, False])
def test_who_was_frozen_while_another_host_cleared_its_draft_publishes_nothing_and_says_why(
    store: Store, staging: Staging, monkeypatch: pytest.MonkeyPatch, kernel: bool
) -> None:
    """As over a network file system, where neither kernel sees the other's lock."""
    monkeypatch.setattr(beats.Beats, "_beat", lambda *arguments: None)
    monkeypatch.setattr(locks, "_kernel_can_be_asked", lambda: kernel)
    with store.draft("samples", "frozen") as draft, store.draft("samples", "later") as late:
        with monkeypatch.context() as elsewhere:
            for module in (owners, locks, leases):
                elsewhere.setattr(module, "is_elsewhere", lambda owner: True)
            elsewhere.setattr(locks, "_lock", lambda descriptor: True)
            assert len(store.gc().removed) == 4
        with pytest.raises(ConflictError, match="gc` on another host cleared this unfinished work"):
            draft.publish()
        late.path.mkdir()  # as one who thaws in the middle of writing may do
        with pytest.raises(ConflictError, match="cleared this unfinished work"):
            late.publish()
    assert store.names() == []
    assert staging() == []


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
