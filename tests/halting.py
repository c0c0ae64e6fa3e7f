"""Processes that stop themselves in the middle, by SIGSTOP; a module of its own, which such a process can import."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from killing import SPAWN, publish

from posectl.store import Store, durable
from posectl.store.locks import Lock


def halted(work: Callable[[], None], meanwhile: Callable[[], None]) -> None:
    """Run `work` in a process that stops itself by SIGSTOP; do something meanwhile, then let it go on to its end."""
    process = SPAWN.Process(target=work)
    process.start()
    try:
        while "State:\tT" not in Path(f"/proc/{process.pid}/status").read_text():
            assert process.exitcode is None
        meanwhile()
    finally:
        os.kill(process.pid or 0, signal.SIGCONT)
        process.join(timeout=60)
    assert process.exitcode == 0


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def publish_halted_before(step: str, path: Path) -> None:
    original = getattr(durable, step)

    def stopping(*args: object) -> object:
        _stop()
        setattr(durable, step, original)
        return original(*args)

    setattr(durable, step, stopping)
    publish(Store(path), "poses", 1)


def hold_halted(sort: type[Lock], path: Path) -> None:
    lock = sort(path)
    assert lock.acquire()
    _stop()
    lock.release()
