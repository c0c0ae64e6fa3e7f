"""Locks on files that end with their process, however it ends.

They are the kernel's, asked for through the library `filelock`: it drops them when their holder dies. Where Python
cannot ask (it has no fcntl, and this is not Windows), a lock is "soft": a file that names the process which holds it,
and the next to come removes that of a dead one. filelock has soft locks, too, but they fail when a holder is killed:
before its version 4.1 two may then take one, and since then nobody may, if it was killed before it wrote its name.
"""

from __future__ import annotations

import json
import math
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from posectl.errors import IntegrityError
from posectl.store.regular import open_file

_MOST = 4096  # bytes of an owner
VERY_OLD = 7 * 24 * 3600.0  # seconds


def lock_on(path: Path, work: str = "") -> Lock:
    """Return the lock on the file at `path`, not taken yet; work: what it is held for, told with its owner."""
    return Lock(path, work) if _kernel_can_be_asked() else SoftLock(path, work)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock on the file at `path`, after waiting for it."""
    lock = lock_on(path)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def lock_until_closed(file: IO[bytes]) -> bool | None:
    """Lock an open file; return whether it was free, None where the kernel cannot be asked."""
    if _kernel_can_be_asked():
        with suppress(OSError):  # a file system without locks
            return _lock(file)
    return None


class Lock:
    """An exclusive lock on a file that is there only while the lock is held; the file names the owner."""

    def __init__(self, path: Path, work: str = "") -> None:
        self.path, self.work = path, work
        self._file: IO[bytes] | None = None

    def acquire(self, patience: float = math.inf) -> bool:
        """Take the lock; return False if another holds it still after `patience` seconds."""
        deadline = time.monotonic() + patience
        while not self._take():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        return True

    def release(self) -> None:
        """Give the lock back, and remove its file."""
        if self._file is not None:
            if os.name != "nt":
                self.path.unlink(missing_ok=True)
            self._drop()
            if os.name == "nt":  # which removes no open file, so none that another waits for either
                with suppress(OSError):
                    self.path.unlink()

    def owner(self) -> dict[str, Any]:
        """Return the pid, host, start and work of whoever holds or last held the lock; empty if it cannot be told."""
        with suppress(OSError, IntegrityError):
            return _read_owner(self.path)
        return {}

    def is_abandoned(self) -> bool:
        """Return whether the lock's owner is dead for certain, or so old that it must be.

        A lock that is held on another host may not show in this kernel, so there age alone decides.
        """
        try:
            age = time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return True
        if _is_elsewhere(self.owner()):
            return age > VERY_OLD
        free = self._take()
        self._drop()
        return free

    def _take(self) -> bool:
        """Try once to take the lock."""
        file = os.fdopen(open_file(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND), "a+b", buffering=0)
        try:
            if _lock(file) and self._is_at_path(file):
                self._file = file
        finally:
            if self._file is not file:
                file.close()
        if self._file is not file:
            return False
        with suppress(OSError):  # on a full disk the lock holds all the same
            file.truncate(0)
            file.write(json.dumps(self._owned()).encode())
        return True

    def _owned(self) -> dict[str, Any]:
        start = datetime.now(UTC).isoformat(timespec="seconds")
        return {"pid": os.getpid(), "host": socket.gethostname(), "start": start, "work": self.work}

    def _is_at_path(self, file: IO[bytes]) -> bool:
        """Return whether an open file is the one at the path, for its last owner may have removed it meanwhile."""
        try:
            return os.path.samestat(os.lstat(self.path), os.fstat(file.fileno()))
        except FileNotFoundError:
            return False

    def _drop(self) -> None:
        """Give the lock back, and leave its file."""
        if self._file is not None:
            self._file.close()
            self._file = None


class SoftLock(Lock):
    """A lock that is its file, which names the owner from its first instant on."""

    _held = False

    def release(self) -> None:
        """Give the lock back by removing its file."""
        if self._held:
            self.path.unlink(missing_ok=True)
            self._held = False

    def is_abandoned(self) -> bool:
        """Return whether the lock's owner is dead for certain, or on another host and so old that it must be."""
        return not self.path.exists() or self._is_dead()

    def _is_dead(self) -> bool:
        try:
            owner = _read_owner(self.path)
            age = time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return False
        return age > VERY_OLD if _is_elsewhere(owner) else not _is_alive(owner)

    def _take(self) -> bool:
        if self._is_dead():
            guard = SoftLock(self.path.with_suffix(".guard.lock"))  # of two, the second would remove a newer file
            if guard.acquire(patience=0):
                if self._is_dead():
                    self.path.unlink(missing_ok=True)
                guard.release()
        made = not self.path.exists() and self._make()
        self._held |= made
        return made

    def _make(self) -> bool:
        signed = self.path.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            signed.write_text(json.dumps({**self._owned(), "born": _born(os.getpid())}), encoding="utf-8")
            os.link(signed, self.path)
        except (FileExistsError, FileNotFoundError):  # another was first; `gc` took the signed file away
            return False
        finally:
            signed.unlink(missing_ok=True)
        return True


@cache
def _kernel_can_be_asked() -> bool:
    return os.name == "nt" or find_spec("fcntl") is not None


def _lock(file: IO[bytes]) -> bool:
    from filelock import lock_descriptor  # here, for completion has no time for it

    return lock_descriptor(file.fileno(), blocking=False)


def _read_owner(path: Path) -> dict[str, Any]:
    with open(open_file(path), "rb") as file:
        data = file.read(_MOST)
    try:
        owner = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _born(pid: int) -> str | None:
    """Return when a process began, which tells it from a later one of its number; None where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except OSError:
        return None


def _is_alive(owner: dict[str, Any]) -> bool:
    """Return whether a process of this host is alive."""
    try:
        os.kill(owner["pid"], 0)
    except (ProcessLookupError, KeyError, TypeError, OverflowError):
        return False
    except PermissionError:
        pass  # it is there, and another user's
    return owner.get("born") in (None, _born(owner["pid"]))


def _is_elsewhere(owner: dict[str, Any]) -> bool:
    return owner.get("host", socket.gethostname()) != socket.gethostname()
