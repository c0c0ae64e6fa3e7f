"""Who holds a lock: what its file says, and whether that process lives."""

from __future__ import annotations

import json
import math
import os
import socket
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

from posectl.errors import ConflictError, IntegrityError
from posectl.store.beats import Beats, Heard
from posectl.store.regular import open_file

VERY_OLD = 7 * 24 * 3600.0  # seconds
_MOST = 4096  # bytes of an owner


class Exclusive(ABC):
    """An exclusive right that is a file, which names its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._heard = Heard()
        self._file: IO[bytes] | None = None  # open while this process holds it
        self._beats: Beats | None = None

    def acquire(self, patience: float = math.inf) -> bool:
        """Take it; return False if another holds it still after `patience` seconds."""
        deadline = time.monotonic() + patience
        while not self._take():
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        return True

    @abstractmethod
    def release(self) -> None:
        """Give it back, and remove its file."""

    @abstractmethod
    def is_abandoned(self) -> bool:
        """Return whether its owner is dead for certain, or elsewhere and silent for long, as `listen` found."""

    def check(self) -> None:
        """Raise ConflictError if this process had it, and another host cleared it away, as of one that was frozen."""
        if self._is_lost():
            raise ConflictError(
                "`posectl store gc` on another host cleared this unfinished work, for this process gave no sign of "
                "life for long.",
                "Run the command again.",
            )

    def listen(self) -> bool:
        """Look at its file; return whether listening on would tell nothing more of an owner on another host."""
        try:
            text, before = read_owner_text(self.path), self._heard.text
        except (OSError, IntegrityError):
            return True
        owner = parse_owner(text)
        if "beats" not in owner or not is_elsewhere(owner):
            return True
        return self._heard.is_silent(text) or before not in (None, text)

    def _is_gone(self, text: bytes) -> bool:
        """Return whether an owner elsewhere, whose file says `text`, is dead: by silence; by age if it never beats."""
        if "beats" in parse_owner(text):
            return self._heard.is_silent(text)
        return time.time() - self.path.stat().st_mtime > VERY_OLD

    def owner(self) -> dict[str, Any]:
        """Return the pid, host, start and work of whoever holds or last held it; empty if it cannot be told."""
        with suppress(OSError, IntegrityError):
            return parse_owner(read_owner_text(self.path))
        return {}

    @abstractmethod
    def _take(self) -> bool:
        """Try once to take it."""

    def _hold(self, file: IO[bytes], said: dict[str, Any]) -> None:
        """Keep a file that was taken, which says `said`, and beat in it."""
        self._file, self._beats = file, Beats(file, said)

    def _drop(self) -> None:
        """Close the file that is held, if one is."""
        if self._beats is not None:
            self._beats.stop()
        if self._file is not None:
            self._file.close()
        self._file = self._beats = None

    def _is_lost(self) -> bool:
        """Return whether this process had it, and its file is another's, or gone."""
        return self._file is not None and not is_at(self.path, self._file)


def is_at(path: Path, file: IO[bytes]) -> bool:
    """Return whether an open file is the one at the path, which another may have moved or removed meanwhile."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def myself(work: str) -> dict[str, Any]:
    """Return what a lock's file says of this process, which holds it for `work`."""
    start = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "pid": os.getpid(), "host": socket.gethostname(), "machine": _machine(), "born": _born(os.getpid()),
        "start": start, "work": work,
    }  # fmt: skip


def read_owner_text(path: Path) -> bytes:
    """Return what a lock's file says. Raises FileNotFoundError, IntegrityError for a link or a pipe."""
    with open(open_file(path), "rb") as file:
        return file.read(_MOST)


def parse_owner(text: bytes) -> dict[str, Any]:
    """Return the owner that a lock's file names; empty if it names none."""
    try:
        owner = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}


def is_elsewhere(owner: dict[str, Any]) -> bool:
    """Return whether an owner runs where this process cannot see: on another host, in another container."""
    same = {"host": socket.gethostname(), "machine": _machine()}
    return any(owner.get(key, value) != value for key, value in same.items())


def is_alive(owner: dict[str, Any]) -> bool:
    """Return whether the process of an owner that is not elsewhere is alive."""
    try:
        os.kill(owner["pid"], 0)
    except (ProcessLookupError, KeyError, TypeError, OverflowError):
        return False
    except PermissionError:
        pass  # it is there, and another user's
    return owner.get("born") in (None, _born(owner["pid"]))


@cache
def _machine() -> str:
    """Return what tells this kernel and its numbers of processes from those of another host of the same name."""
    parts = []
    with suppress(OSError):
        parts = [Path("/proc/sys/kernel/random/boot_id").read_text().strip(), os.readlink("/proc/self/ns/pid")]
    return " ".join(parts)


def _born(pid: int) -> str | None:
    """Return when a process began, which tells it from a later one of its number; None where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except OSError:
        return None
