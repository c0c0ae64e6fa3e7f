"""Worker processes, which end within a second of the process that started them, however that ended.

Nothing here takes long to import: a worker watches over its parent before it imports what its work needs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from typing import Any

# Seconds between the order to leave and the end, for a checkpoint.
_GRACE = 0.6

leaving = threading.Event()
shared: tuple[Any, ...] = ()


def enter(*given: Any) -> None:
    """Begin a worker: it leaves Ctrl-C to its parent, ends with that, and keeps in `shared` what both have.

    What a worker does for longer than a second has to ask `leaving`.
    """
    global shared
    shared = given
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: threading.Thread(target=_leave, daemon=True).start())
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def dask_setup(worker: Any) -> None:
    """Begin a worker of Dask's on this machine, which calls this: it leaves Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    _leave()


def _leave() -> None:
    leaving.set()
    time.sleep(_GRACE)
    os._exit(1)
