from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock
import killing
import pytest
import soak

import posectl
from posectl.store import beats
from posectl.store.leases import Lease
from posectl.store.locks import Lock, held, lock_on, lock_until_closed
from posectl.store.owners import VERY_OLD

SORTS = [Lock, Lease]
NOT_EVERYWHERE = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "posix", "syslog", "readline", "curses"}


@pytest.mark.parametrize("sort", SORTS)
def test_a_lock_has_one_holder_and_a_file_while_it_is_held(sort: type[Lock], tmp_path: Path) -> None:
    first, second = sort(tmp_path / "x.lock"), sort(tmp_path / "x.lock")
    assert first.acquire()
    assert not second.acquire(patience=0.05)
    assert not first.acquire(patience=0)
    assert first.owner()["pid"] == second.owner()["pid"] == os.getpid()
    second.release()
    assert not second.acquire(patience=0), "who does not hold a lock does not release it"
    first.release()
    assert list(tmp_path.iterdir()) == []
    assert second.acquire(patience=0)
    second.release()
    second.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sort", SORTS)
def test_eight_processes_never_hold_a_lock_at_once(sort: type[Lock], tmp_path: Path) -> None:
    soak.contend(sort, 8, 10, tmp_path / "x.lock")


@pytest.mark.parametrize("sort", SORTS)
def test_a_killed_process_holds_nothing_and_one_alone_takes_over(sort: type[Lock], tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    for _ in range(3):
        killing.kill_holder(sort, path)
        assert path.exists()
        soak.contend(sort, 8, 1, path)


def test_two_that_find_a_dead_owners_file_do_not_both_take_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, taken = tmp_path / "x.lock", []
    killing.kill_holder(Lease, path)
    first, second, acquire = Lease(path), Lease(path), Lease.acquire

    def after_the_second(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            monkeypatch.undo()
            taken.append(second.acquire(patience=0))
            return original(*arguments, **options)

        return call

    monkeypatch.setattr(Path, "rename", after_the_second(Path.rename))
    taken.append(acquire(first, patience=0))
    assert taken == [True, False]
    second.check()
    second.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lease_ends_with_its_process_though_another_bears_its_number(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    assert Lease(path).acquire()
    owner = json.loads(path.read_text())
    assert not Lease(path).is_abandoned()
    for changed in ({**owner, "born": "1"}, {**owner, "pid": 2**22 + 1}, {**owner, "pid": "?"}):
        path.write_text(json.dumps(changed))
        assert Lease(path).is_abandoned()
    for text in ("{}", "[]", ""):
        path.write_text(text)
        assert not Lease(path).is_abandoned(), "it may be made at this very moment"
        os.utime(path, (0, 0))
        assert Lease(path).is_abandoned()
    path.write_text(json.dumps({**owner, "pid": 1, "born": None}))
    assert not Lease(path).is_abandoned(), "it is there, and cannot be told from the owner"


def test_a_lock_on_a_file_that_lost_its_name_meanwhile_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NFS does it, where a file that is open and removed gets another name."""
    path, lock_descriptor = tmp_path / "x.lock", filelock.lock_descriptor
    assert isinstance(lock_on(path), Lock)  # which asks the file system once

    def lock_renamed(descriptor: int, *, blocking: bool) -> bool:
        monkeypatch.undo()
        path.rename(tmp_path / "renamed")
        return lock_descriptor(descriptor, blocking=blocking)

    monkeypatch.setattr(filelock, "lock_descriptor", lock_renamed)
    with held(path):
        assert (tmp_path / "renamed").exists()
        assert json.loads(path.read_text())["pid"] == os.getpid()
        assert not lock_on(path).acquire(patience=0)


@pytest.mark.parametrize("sort", SORTS)
def test_a_lock_is_abandoned_when_its_holder_is_dead(sort: type[Lock], tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    assert sort(path).is_abandoned()
    lock = sort(path)
    lock.acquire()
    assert not sort(path).is_abandoned()
    lock.release()
    killing.kill_holder(sort, path)
    assert sort(path).is_abandoned()
    assert sort(path).acquire(patience=0)


@pytest.mark.parametrize(
    ("host", "age", "abandoned"), [("elsewhere", 0.9, False), ("elsewhere", 1.1, True), (socket.gethostname(), 0, True)]
)
@pytest.mark.parametrize("sort", SORTS)
def test_age_decides_on_a_lock_of_another_host(
    sort: type[Lock], tmp_path: Path, host: str, age: float, abandoned: bool
) -> None:
    path = tmp_path / "x.lock"
    path.write_text(json.dumps({"pid": 2**22 + 1, "host": host}))
    then = time.time() - age * VERY_OLD
    os.utime(path, (then, then))
    assert sort(path).is_abandoned() == abandoned


@pytest.mark.parametrize("sort", SORTS)
def test_beats_of_a_lock_that_was_forgotten_go_into_no_other_file(
    sort: type[Lock], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beats, "BEAT", 0.005)
    reused = 0
    for _ in range(20):
        lock = sort(tmp_path / "x.lock")
        assert lock.acquire()
        number = lock._file.fileno() if lock._file else -1
        del lock
        with (tmp_path / "x").open("w+b") as other:
            reused += other.fileno() == number  # not where a beat is just being written, and holds the file
            time.sleep(0.02)
            assert other.read() == b""
        (tmp_path / "x.lock").unlink()
    assert reused, "or this tests nothing"


def test_an_open_file_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file, path.open("rb") as other:
        assert lock_until_closed(file) is True
        assert lock_until_closed(other) is False
    with path.open("rb") as other:
        assert lock_until_closed(other) is True


def test_no_module_imports_what_not_every_system_has() -> None:
    for path in Path(posectl.__file__).parent.rglob("*.py"):
        imported = re.findall(r"^ *(?:import|from) +(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not NOT_EVERYWHERE & set(imported), path


WITHOUT_FCNTL = """
import sys
from pathlib import Path
from killing import check_locks, publish
import soak
from posectl.__main__ import main
from posectl.store import Store
from posectl.store.leases import Lease
from posectl.store.locks import lock_on

folder = Path(sys.argv[1])
check_locks()
assert type(lock_on(folder / "x.lock")) is Lease

soak.write_everything(folder / "store")
store = Store(folder / "store")
publish(store, "poses", 1)
publish(store, "poses", 2)
store.remove("poses:v1")
assert publish(store, "poses", 3).ref == "poses:v3"
assert store.diff("poses:v2", "poses:v3").summary == {"value": (2, 3)}
assert store.aliases("full") == {"best": "v1"}
store.remove_alias("full", "best")
with store.checkpoints("training").lock():
    step, arrays, _ = store.checkpoints("training").load()
    assert (step, arrays["w"].shape) == (1, (3000,))
    assert store.gc(checkpoints=True).removed == []
assert store.gc(checkpoints=True).removed
assert [each.ref for each in Store(folder / "other").import_(folder / "full.zip")] == ["full:v1"]
assert store.verify(level=4) == []

soak.race(8, 32, folder / "race")
soak.count(8, 4, folder)
sys.argv = ["posectl", "store", "ls", "--store", str(folder / "other")]
main()
"""


def test_without_fcntl_the_store_works_and_eight_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "WITHOUT_FCNTL": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FCNTL, tmp_path], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "full" in done.stdout
