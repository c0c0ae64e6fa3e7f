"""Leases: locks for hosts that share a folder and nothing else.

Neither the kernel nor a clock is asked, so they hold over NFS. A lease is a file that one process alone can make, in
which its holder writes a beat every few seconds. Who waits, and by its own clock sees no beat for long, takes the lease
over; a holder that was frozen meanwhile finds that out before it publishes, and what it had not published is gone.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from posectl.errors import ConflictError
from posectl.store.owners import VERY_OLD, Exclusive, is_alive, is_elsewhere, myself, parse_owner, read_owner_text

BEAT, SILENCE = 2.0, 30.0  # seconds between beats, and without any, after which a holder counts as dead


class HeldElsewhereError(ConflictError):
    """Another process has the lease."""


class Lease(Exclusive):
    """An exclusive right that is a file, which names the holder."""

    def __init__(self, path: Path, work: str = "") -> None:
        super().__init__(path)
        self.work = work
        self.token = ""
        self._descriptor = -1
        self._ended = threading.Event()
        self._seen: tuple[bytes, float] | None = None  # what another's file says, and since when

    def release(self) -> None:
        """Give the lease back, unless it was lost, and remove its file."""
        if self._descriptor >= 0:
            self._ended.set()
            self._put_aside(self._is_mine)
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def is_watched(self) -> bool:
        """True once another was seen to hold it."""
        return self._seen is not None

    def is_abandoned(self) -> bool:
        """Return whether the holder is dead for certain, or elsewhere and so old that it must be."""
        try:
            text, age = read_owner_text(self.path), time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return True
        owner = parse_owner(text)
        if age > (VERY_OLD if is_elsewhere(owner) else SILENCE if not owner else math.inf):
            self._seen = text, -math.inf
        return self._is_dead(text)

    def check(self) -> None:
        """Raise HeldElsewhereError if the lease was taken over, as from a holder that was frozen."""
        if self._descriptor >= 0 and not self._is_mine(self.path):
            owner = self.owner()
            raise HeldElsewhereError(
                f"Process {owner.get('pid', '?')} on {owner.get('host', '?')} took over this work, for this process "
                "gave no sign of life for long.",
                "Nothing is lost: what the other makes is the same.",
            )

    def _take(self) -> bool:
        """Try once to take the lease."""
        if self._descriptor >= 0:
            return False
        if self._make():
            return True
        try:
            text = read_owner_text(self.path)
        except FileNotFoundError:
            return False
        if not self._is_dead(text):
            return False
        if self._put_aside(lambda moved: read_owner_text(moved) == text):
            self._fence(parse_owner(text).get("token"))
        return self._make()

    def _make(self) -> bool:
        token = uuid.uuid4().hex
        said = {**myself(self.work), "token": token}
        descriptor = _new_file(self.path, said)
        if descriptor is None:
            return False
        self._descriptor, self.token, self._ended = descriptor, token, threading.Event()
        threading.Thread(target=self._beat, args=(descriptor, said, self._ended), daemon=True).start()
        return True

    def _beat(self, descriptor: int, said: dict[str, Any], ended: threading.Event) -> None:
        beats = 0
        while not ended.wait(BEAT):
            _write(descriptor, said, beats := beats + 1)

    def _is_dead(self, text: bytes) -> bool:
        owner = parse_owner(text)
        if owner and not is_elsewhere(owner) and not is_alive(owner):
            return True
        if self._seen is None or self._seen[0] != text:
            self._seen = text, time.monotonic()
        return time.monotonic() - self._seen[1] > SILENCE

    def _is_mine(self, path: Path) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.lstat(path), os.fstat(self._descriptor))
        return False

    def _put_aside(self, is_it: Callable[[Path], bool]) -> bool:
        """Remove the file if it is the one meant; another, which was made meanwhile, is put back.

        Of two who move it one succeeds, and looks at what it has: nobody can be asked to look and remove at once.
        """
        aside = self.path.with_name(f"{uuid.uuid4().hex}.part")
        try:
            self.path.rename(aside)
        except FileNotFoundError:
            return False
        meant = is_it(aside)
        if not meant:
            with suppress(FileExistsError):
                os.link(aside, self.path)
        aside.unlink(missing_ok=True)
        return meant

    def _fence(self, token: object) -> None:
        """Take from a holder that may only be frozen what it was about to publish."""
        if isinstance(token, str) and token:
            for draft in self.path.parent.glob(f"{token}-*"):
                condemned = draft.with_name(f"{uuid.uuid4().hex}.part")
                if draft.suffix != ".lock":
                    with suppress(FileNotFoundError):
                        draft.rename(condemned)
                    shutil.rmtree(condemned, ignore_errors=True)


def _new_file(path: Path, said: dict[str, Any]) -> int | None:
    """Make a file that is not there, with what it says from its first instant on, and open it; None if it is there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    if os.path.lexists(path):
        return None
    signed = path.with_name(f"{uuid.uuid4().hex}.part")
    descriptor = os.open(signed, flags, 0o666)
    try:
        _write(descriptor, said, 0)
        os.link(signed, path)
        return descriptor
    except (FileExistsError, FileNotFoundError):  # another was first; `gc` took the signed file away
        os.close(descriptor)
        return None
    except OSError:  # a file system without links, on which it says nothing for an instant
        os.close(descriptor)
    finally:
        signed.unlink(missing_ok=True)
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileExistsError:
        return None
    _write(descriptor, said, 0)
    return descriptor


def _write(descriptor: int, said: dict[str, Any], beats: int) -> None:
    with suppress(OSError):  # on a full disk the lease holds until others miss the beat
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps({**said, "beats": beats}).encode())
        os.fsync(descriptor)
