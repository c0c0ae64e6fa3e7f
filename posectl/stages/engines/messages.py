"""What workers say to the process that gave them their tasks, as values that travel between processes and hosts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from posectl.stages.run import Run


@dataclass(frozen=True)
class Said:
    """A sentence. how: the callback of a Run that it is for, "tell", "detail" or "warn"."""

    how: str
    text: str

    def pass_on(self, run: Run) -> None:
        """Say it in this process."""
        getattr(run, self.how)(self.text)


@dataclass(frozen=True)
class Reported:
    """The progress of the task of an index, on a host; "": this one."""

    index: int
    progress: Any
    host: str = ""


Message = Said | Reported


@contextmanager
def speaking(run: Run, send: Callable[[Message], None]) -> Iterator[Run]:
    """Yield the context of a task at work: all that it says, warnings of modules included, is sent."""

    class Warnings(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == threading.get_ident():
                send(Said("warn", record.getMessage()))

    def saying(how: str) -> Callable[[str], None]:
        return lambda text: send(Said(how, text))

    log, handler = logging.getLogger("posectl"), Warnings(logging.WARNING)
    log.addHandler(handler)
    try:
        yield replace(run, tell=saying("tell"), detail=saying("detail"), warn=saying("warn"))
    finally:
        log.removeHandler(handler)
