"""Tasks: units of work as they travel to whoever does them, in refs and settings alone, so that they stay small.

A task is claimed in the store by its key, a digest of all that determines what comes of it. Whoever is to do it makes
its own key of the same refs and settings first, and leaves it alone where that is another: its code, or its data, is.
"""

from __future__ import annotations

import os
import socket
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from posectl.core import device as devices
from posectl.errors import PosectlError, UnavailableError
from posectl.stages.engines.outcome import Outcome
from posectl.stages.run import Run
from posectl.store import Checkpoints
from posectl.store.locations import url_of
from posectl.version import __version__

SAME = "Install the same posectl on every host, and give all the same store."


class OtherCodeError(UnavailableError):
    """A host on which a task would come to something else."""


@dataclass(frozen=True)
class Task(ABC):
    """A unit of work. run: its context, which tells nobody; key: what it is claimed by; name: what people call it;
    size: the number of artifacts that come of it."""

    run: Run
    key: str
    name: str
    size: int

    def __str__(self) -> str:
        return f"{self.key[:12]} ({self.name}, {self.size} model{'s' if self.size > 1 else ''})"

    def do(
        self, run: Run, checkpoints: Checkpoints, report: Callable[[Any], None], stopped: Callable[[], bool]
    ) -> dict[str, Outcome]:
        """Do the task, and return outcomes by their keys; run: the task's own, with somebody to tell.

        Raises OtherCodeError, UnavailableError for a host without the store, HeldElsewhereError, InterruptedRunError,
        and whatever the work raises.
        """
        if url_of(run.store) is None and not Path(run.store).is_dir():
            raise UnavailableError(
                f"{socket.gethostname()} has no folder {run.store}, which the store is in.",
                "Mount it under the same path on every host.",
            )
        devices.use_threads(run.threads)
        return self._do(run, checkpoints, report, stopped)

    @abstractmethod
    def _do(
        self, run: Run, checkpoints: Checkpoints, report: Callable[[Any], None], stopped: Callable[[], bool]
    ) -> dict[str, Outcome]: ...

    def _check(self, key: str) -> None:
        """Raise OtherCodeError unless this is the key that the task has here, too."""
        if key != self.key:
            raise OtherCodeError(
                f"{socket.gethostname()} would make something else of task {self}: its posectl ({__version__}), or its "
                "data, is not what the task was planned with.",
                SAME,
            )

    def log(self, run: Run) -> Path:
        """Return the file beside the store that says what the task failed of."""
        store = run.artifacts.path
        return store.with_name(f"{store.name}-logs") / "tasks" / f"{self.key[:12]}.log"

    def keep_log(self, run: Run) -> None:
        """Add the error that is being handled to the task's log."""
        with suppress(OSError):  # on a full disk there is the sentence alone
            self.log(run).parent.mkdir(parents=True, exist_ok=True)
            with self.log(run).open("a", encoding="utf-8") as file:
                file.write(f"Task {self}, process {os.getpid()} on {socket.gethostname()}:\n{traceback.format_exc()}\n")

    def failed(self, error: BaseException, host: str = "") -> PosectlError:
        """Return the error of the whole, of the same exit code, that names the task, the host and the log."""
        kind, said = (type(error), error.message) if isinstance(error, PosectlError) else (
            PosectlError, f"{type(error).__name__}: {error}"
        )  # fmt: skip
        log = self.log(self.run)
        hint = " ".join(filter(None, (getattr(error, "hint", ""), f"Its log: {log}." if log.exists() else "")))
        return kind(f"Task {self} failed{f' on {host}' if host else ''}: {said}", hint)


def common_name(names: list[str]) -> str:
    """Return what names of parts joined by hyphens begin with alike.

    >>> common_name(["acai-d8-l0-s0", "acai-d8-l0.1-s0"])
    'acai-d8'
    """
    parts = zip(*(name.split("-") for name in names), strict=False)
    return "-".join(first for first, *rest in takewhile(lambda each: len(set(each)) == 1, parts)) or names[0]


def silent(said: Any) -> None:
    """Say nothing: what a task's context does until it is at work."""


def quiet(run: Run) -> Run:
    """Return the context of tasks of a run: its settings, and nobody to tell."""
    return replace(
        run, tell=silent, detail=silent, warn=silent, progress=silent, sources=dict(run.sources),
        store=run.artifacts.place,
    )  # fmt: skip
