"""Leases: locks for hosts that share a folder and nothing else.

Neither the kernel nor a clock is asked, so they hold over NFS. A lease is a file that one process alone can make, in
which its holder writes beats. Who waits, and by its own clock sees no beat for long, takes the lease over; a holder
that was frozen meanwhile finds that out before it publishes, and what it had not published is gone.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from posectl.errors import ConflictError
from posectl.store import beats
from posectl.store.owners import Exclusive, is_alive, is_at, is_elsewhere, myself, parse_owner, read_owner_text


class HeldElsewhereError(ConflictError):
    """Another process has the lease."""


class Lease(Exclusive):
    """An exclusive right that is a file, which names the holder."""

    def __init__(self, path: Path, work: str = "") -> None:
        super().__init__(path)
        self.work = work
        self.token = ""

    def release(self) -> None:
        """Give the lease back, unless it was lost, and remove its file."""
        if (file := self._file) is not None:
            self._put_aside(lambda moved: is_at(moved, file))
            self._drop()

    @property
    def is_watched(self) -> bool:
        """True once another was seen to hold it."""
        return self._heard.text is not None

    def is_abandoned(self) -> bool:
        """Return whether the holder is dead for certain, or elsewhere and silent for long."""
        try:
            text = read_owner_text(self.path)
            owner = parse_owner(text)
            never_said = not owner and time.time() - self.path.stat().st_mtime > beats.SILENCE
            if never_said or (is_elsewhere(owner) and self._is_gone(text)):
                self._heard.give_up(text)
        except FileNotFoundError:
            return True
        return self._is_dead(text)

    def check(self) -> None:
        """Raise HeldElsewhereError if the lease was taken over, be it given back since, or cleared away."""
        if self._is_lost():
            owner = self.owner()
            lost = (
                f"Process {owner.get('pid', '?')} on {owner.get('host', '?')} took over this work"
                if owner
                else "`posectl store gc` on another host cleared this unfinished work, or another process did it"
            )
            raise HeldElsewhereError(
                f"{lost}, for this process gave no sign of life for long.",
                "Nothing is lost: what another makes is the same. Run the command again to have it.",
            )

    def _take(self) -> bool:
        """Try once to take the lease."""
        if self._file is not None:
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
        file = _new_file(self.path, said)
        if file is None:
            return False
        self.token = token
        self._hold(file, said)
        return True

    def _is_dead(self, text: bytes) -> bool:
        owner = parse_owner(text)
        if owner and not is_elsewhere(owner) and not is_alive(owner):
            return True
        return self._heard.is_silent(text)

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
            for found in sorted(self.path.parent.glob(f"{token}-*")):  # each folder before its lock
                if found.suffix == ".lock":
                    found.unlink(missing_ok=True)
                    continue
                condemned = found.with_name(f"{uuid.uuid4().hex}.part")
                with suppress(FileNotFoundError):
                    found.rename(condemned)
                shutil.rmtree(condemned, ignore_errors=True)


def _new_file(path: Path, said: dict[str, Any]) -> IO[bytes] | None:
    """Make a file that is not there, with what it says from its first instant on, and open it; None if it is there."""
    if os.path.lexists(path):
        return None
    signed = path.with_name(f"{uuid.uuid4().hex}.part")
    file = signed.open("x+b", buffering=0)
    try:
        beats.write(file, said, 0)
        os.link(signed, path)
        return file
    except (FileExistsError, FileNotFoundError):  # another was first; `gc` took the signed file away
        file.close()
        return None
    except OSError:  # a file system without links, on which it says nothing for an instant
        file.close()
    finally:
        signed.unlink(missing_ok=True)
    try:
        file = path.open("x+b", buffering=0)
    except FileExistsError:
        return None
    beats.write(file, said, 0)
    return file
