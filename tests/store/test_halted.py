"""Processes stopped in the middle, as by Ctrl-Z, and let go on: they keep what they hold, and lose nothing."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest
from halting import halted, hold_halted, publish_halted_before
from killing import SPAWN, publish

from posectl.store import Store
from posectl.store.leases import Lease
from posectl.store.locks import Lock

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="Windows has no such signals")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc for a process's state")
def test_gc_and_others_leave_a_halted_publisher_its_draft(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    publish(store, "poses", 0)

    def meanwhile() -> None:
        assert [junk.what.partition(" by ")[0] for junk in store.gc().kept] == ["in use"]
        assert publish(store, "poses", 2).ref == "poses:v2"

    halted(partial(publish_halted_before, "fsync_tree", store.path), meanwhile)
    assert [int(store.get(f"poses:v{version}").read("x")[0]) for version in (1, 2, 3)] == [0, 2, 1]
    assert os.listdir(store.layout.staging) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc for a process's state")
def test_nobody_takes_the_number_of_a_publisher_halted_between_lock_and_rename(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    publish(store, "poses", 0)
    other = SPAWN.Process(target=publish, args=(store, "poses", 2))

    def meanwhile() -> None:
        other.start()
        other.join(timeout=1)
        assert other.exitcode is None, "it waits for the lock on the name"
        assert store.versions("poses") == [1]
        assert publish(store, "another", 3).ref == "another:v1"

    halted(partial(publish_halted_before, "rename_new", store.path), meanwhile)
    other.join(timeout=60)
    assert [int(store.get(f"poses:v{version}").read("x")[0]) for version in (1, 2, 3)] == [0, 1, 2]
    assert os.listdir(store.layout.staging) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc for a process's state")
@pytest.mark.parametrize("sort", [Lock, Lease])
def test_a_halted_holder_keeps_its_lock(sort: type[Lock], tmp_path: Path) -> None:
    lock = sort(tmp_path / "x.lock")

    def meanwhile() -> None:
        assert not lock.acquire(patience=0.1)
        assert not lock.is_abandoned()

    halted(partial(hold_halted, sort, lock.path), meanwhile)
    assert lock.acquire(patience=0)
    lock.release()
    assert list(tmp_path.iterdir()) == []
