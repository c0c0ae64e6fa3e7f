"""Locks that die with their process.

The kernel drops a `flock` when its holder ends, however it ends, so nothing here guesses from process ids. The file
names the owner for people to read.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERY_OLD = 7 * 24 * 3600.0


class Lock:
    """An exclusive lock on a file that is there only while the lock is held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, patience: float = math.inf) -> bool:
        """Takes the lock; False if another holds it still after `patience` seconds."""
        deadline = time.monotonic() + patience
        while (descriptor := self._try()) is None:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        self._descriptor = descriptor
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps(_owner()).encode())
        return True

    def _try(self) -> int | None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed the file between the two lines above: that would be a lock on nothing.
            if _is_still(self.path, descriptor):
                return descriptor
        except BlockingIOError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Gives the lock back, and removes its file."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def owner(self) -> dict[str, Any]:
        """{"pid", "host", "start"} of whoever holds or last held the lock; empty if it cannot be told."""
        try:
            owner = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return owner if isinstance(owner, dict) else {}

    def is_abandoned(self) -> bool:
        """Whether its owner is dead for certain, or so old that it must be.

        On another host a lock may be held where this kernel cannot see it, so there age alone decides.
        """
        try:
            age = time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return True
        if self.owner().get("host", socket.gethostname()) != socket.gethostname():
            return age > VERY_OLD
        try:
            descriptor = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds the lock at `path`, after waiting for it."""
    lock = Lock(path)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _owner() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "start": datetime.now(UTC).isoformat(timespec="seconds")}


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
