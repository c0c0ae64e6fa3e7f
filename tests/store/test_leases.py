"""Leases: taken over from holders that are frozen or gone, whatever clocks and file times say."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from killing import SPAWN
from leasing import hold, sent

from posectl.errors import ConflictError
from posectl.store import Store, beats
from posectl.store.leases import HeldElsewhereError, Lease
from posectl.store.locks import Lock, lock_on


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder counts as dead after .3 s."""
    monkeypatch.setattr(beats, "BEAT", 0.05)
    monkeypatch.setattr(beats, "SILENCE", 0.3)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no SIGSTOP")
@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("file_time", [None, 0, 2**33])
def test_a_frozen_holder_loses_it_and_notices(tmp_path: Path, file_time: int | None) -> None:
    import signal

    path = tmp_path / "x.lock"
    here, there = SPAWN.Pipe()
    holder = SPAWN.Process(target=hold, args=(path, there))
    holder.start()
    assert sent(here)
    waiting = Lease(path)
    assert not waiting.acquire(patience=0.9), "the holder gives signs of life"
    os.kill(holder.pid or 0, signal.SIGSTOP)
    if file_time is not None:
        os.utime(path, (file_time, file_time))
    assert waiting.acquire(patience=20)
    os.kill(holder.pid or 0, signal.SIGCONT)
    here.send("go on")
    assert str(sent(here)).startswith(f"Process {os.getpid()} on {socket.gethostname()} took over this work")
    holder.join()
    waiting.check()
    waiting.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("soon")
def test_a_holder_on_another_host_keeps_it_while_its_file_changes(tmp_path: Path) -> None:
    path, ended = tmp_path / "x.lock", threading.Event()

    def beat() -> None:
        beats = 0
        while not ended.wait(0.02):
            path.write_text(json.dumps({"pid": 1, "host": "elsewhere", "beats": (beats := beats + 1)}))

    beating = threading.Thread(target=beat)
    beating.start()
    while not path.exists():
        time.sleep(0.01)
    lease = Lease(path)
    assert not lease.acquire(patience=1.0)
    ended.set()
    beating.join()
    assert lease.acquire(patience=20)
    lease.release()


def test_what_a_lease_was_taken_from_publishes_nothing(store: Store) -> None:
    lease = store.checkpoints("abc").lease
    store.layout.make()
    lease.acquire()
    with store.draft("samples", "frozen", lease) as draft:
        draft.put("x", np.zeros(3))
        other = Lease(lease.path)
        other._heard.give_up(lease.path.read_bytes())
        assert other.acquire(patience=0)
        assert os.listdir(store.layout.staging) == [lease.path.name], "nor is the draft's lock left"
        with pytest.raises(ConflictError, match="took over this work"):
            draft.publish()
    with store.draft("samples", "later", lease) as draft:
        draft.put("x", np.zeros(3))
        with pytest.raises(ConflictError, match="took over"):
            draft.publish()
        other.check()
        with store.draft("samples", "mine", other) as its:
            its.put("x", np.zeros(3))
            assert its.publish().ref == "mine:v1"
        other.release()
        with pytest.raises(HeldElsewhereError, match="or another process did it"):
            draft.publish()
    lease.release()
    assert store.names() == ["mine"]
    assert os.listdir(store.layout.staging) == []


def test_a_draft_is_taken_from_one_who_is_frozen_between_its_check_and_its_rename(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.layout.make()
    lease, check = store.checkpoints("abc").lease, Lease.check
    lease.acquire()

    def frozen_after(self: Lease) -> None:
        check(self)
        monkeypatch.undo()
        other = Lease(lease.path)
        other._heard.give_up(lease.path.read_bytes())
        assert other.acquire(patience=0)

    with store.draft("samples", "frozen", lease) as draft:
        draft.put("x", np.zeros(3))
        monkeypatch.setattr(Lease, "check", frozen_after)
        with pytest.raises(ConflictError, match="took over"):
            draft.publish()
    assert store.names() == []


def test_a_file_system_without_links_has_leases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    first, second = Lease(tmp_path / "x.lock"), Lease(tmp_path / "x.lock")
    assert first.acquire(patience=0)
    assert not second.acquire(patience=0.05)
    assert second.owner()["pid"] == os.getpid()
    first.release()
    assert second.acquire(patience=0)
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_leases_stand_in_for_locks_where_the_file_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import filelock

    assert isinstance(lock_on(tmp_path / "x.lock"), Lock)

    def no_locks(descriptor: int, *, blocking: bool) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(filelock, "lock_descriptor", no_locks)
    folder = tmp_path / "other"
    folder.mkdir()
    assert isinstance(lock_on(folder / "x.lock"), Lease)
    store = Store(folder / "store")
    with store.draft("samples", "a") as draft:
        draft.put("x", np.zeros(3))
        assert draft.publish().ref == "a:v1"
    store.alias("a", "best")
    store.remove("a:v1", force=True)
    store.gc()
    assert os.listdir(store.layout.staging) == []
