"""Locks on files that end with their process, however it ends.

They are the kernel's, asked for through the library `filelock`: it drops them when their holder dies. Where it cannot
be asked, for Python has no fcntl (and this is not Windows) or the file system has no locks, leases stand in.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from posectl.store import beats
from posectl.store.leases import Lease
from posectl.store.owners import Exclusive, is_at, is_elsewhere, myself, parse_owner, read_owner_text
from posectl.store.regular import open_file


def lock_on(path: Path) -> Exclusive:
    """Return the lock on the file at `path`, not taken yet."""
    return Lock(path) if _kernel_can_be_asked() and _has_locks(path.parent) else Lease(path)


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


class Lock(Exclusive):
    """An exclusive lock on a file that is there only while the lock is held; the file names the owner."""

    def release(self) -> None:
        """Give the lock back, and remove its file."""
        if self._file is not None:
            if os.name != "nt":
                self.path.unlink(missing_ok=True)
            self._drop()
            if os.name == "nt":  # which removes no open file, so none that another waits for either
                with suppress(OSError):
                    self.path.unlink()

    def is_abandoned(self) -> bool:
        """Return whether the lock's owner is dead for certain, or elsewhere and silent for long.

        A lock that is held on another host may not show in this kernel, so there its beats decide.
        """
        try:
            text = read_owner_text(self.path)
            if is_elsewhere(parse_owner(text)):
                return self._is_gone(text)
        except FileNotFoundError:
            return True
        free = self._take()
        self._drop()
        return free

    def _take(self) -> bool:
        """Try once to take the lock."""
        file = os.fdopen(open_file(self.path, os.O_RDWR | os.O_CREAT), "r+b", buffering=0)
        try:
            taken = _lock(file) and is_at(self.path, file)
        except BaseException:
            file.close()
            raise
        if not taken:
            file.close()
            return False
        with suppress(OSError):
            file.truncate(0)
        said = myself("")
        beats.write(file, said, 0, sync=False)  # most locks are gone before another host looks
        self._hold(file, said)
        return True


@cache
def _kernel_can_be_asked() -> bool:
    return os.name == "nt" or find_spec("fcntl") is not None


def _has_locks(folder: Path) -> bool:
    """Return whether the file system of a folder has locks, as far as can be told."""
    try:
        return _locks_a_file(folder)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return True


@cache
def _locks_a_file(folder: Path) -> bool:
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            return _lock(file)
        except OSError:
            return False


def _lock(file: IO[bytes]) -> bool:
    from filelock import lock_descriptor  # here, for completion has no time for it

    return lock_descriptor(file.fileno(), blocking=False)
