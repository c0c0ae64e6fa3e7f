"""Beats: what the holder of a lock writes into its file every few seconds, by which other hosts see that it lives.

Clocks of two hosts are never compared: who listens counts, by its own, for how long the file has said the same.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any

BEAT, SILENCE = 2.0, 30.0  # seconds between beats, and without any, after which a holder counts as dead


class Beats:
    """A thread that writes beats into an open file, which says who holds it, until `stop`, or until nobody has it.

    It does not keep the file open: a number of a file that is closed may be another's.
    """

    def __init__(self, file: IO[bytes], said: Mapping[str, Any]) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, args=(weakref.ref(file), said), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when nothing more is written, so that the file may be closed."""
        self._ended.set()
        self._thread.join()

    def _beat(self, found: weakref.ref[IO[bytes]], said: Mapping[str, Any]) -> None:
        beats = 0
        while not self._ended.wait(BEAT) and (file := found()):
            write(file, said, beats := beats + 1)
            del file


class Heard:
    """What a lock's file was last seen to say, and since when it has."""

    def __init__(self) -> None:
        self.text: bytes | None = None
        self._since = math.inf

    def is_silent(self, text: bytes) -> bool:
        """Return whether the file, which says `text` now, has said so for so long that its holder counts as dead."""
        if self.text != text:
            self.text, self._since = text, time.monotonic()
        return time.monotonic() - self._since > SILENCE

    def give_up(self, text: bytes) -> None:
        """Count the holder that says `text` as dead."""
        self.text, self._since = text, -math.inf


def write(file: IO[bytes], said: Mapping[str, Any], beats: int, sync: bool = True) -> None:
    """Write, over what an unbuffered file says, who holds it and how many beats there were.

    sync: whether other hosts are to see it at once.
    """
    # On a full disk the lock holds until others miss the beat; and a file may just be closing, for nobody has it.
    with suppress(OSError, ValueError):
        file.seek(0)
        file.write(json.dumps({**said, "beats": beats}).encode())
        if sync:
            os.fsync(file.fileno())
