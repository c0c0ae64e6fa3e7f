"""The engines that do tasks: one after another in this process, side by side in several, or on Dask's workers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from posectl.core import device as devices
from posectl.errors import InterruptedRunError, UsageError
from posectl.stages.engines import cluster, connection, processes
from posectl.stages.engines.outcome import Outcome
from posectl.stages.engines.task import Task, quiet
from posectl.stages.run import Run
from posectl.stages.training.log import check_form
from posectl.store import Checkpoints
from posectl.store.leases import HeldElsewhereError

ENGINES = ("inline", "process", "dask")
_ASK_SECONDS = 1.0  # between two looks at tasks that others do


@dataclass(frozen=True)
class Engine:
    """The way tasks are done, which is no part of their identity.

    jobs: processes at once, one task each. log: the form of the log of each training. scheduler: the address of Dask's,
    whose workers do the tasks; "": processes of this machine. devices: the device of each process; (): that of the run,
    of which CUDA's are shared out.
    """

    name: str = "inline"
    jobs: int = 1
    log: str = ""
    scheduler: str = ""
    devices: tuple[str, ...] = ()

    @property
    def processes(self) -> int:
        """The number of processes at once."""
        return len(self.devices) or self.jobs

    def resolve(self, name: str) -> torch.device:
        """Return the device of the tasks, which is the first of the engine's own, or else the one of that name.

        Raises UsageError for devices of two kinds, one CUDA device for two processes, and as `check`; UnavailableError.
        """
        found = [devices.resolve(each) for each in self.devices] or [devices.resolve(name)]
        given = ",".join(self.devices)
        if len({each.type for each in found}) > 1:
            raise UsageError(
                f"Devices are of one kind, and {given} are of two, which compute other bits.", "Leave one kind out."
            )
        if given and self.name != "process":
            raise UsageError(
                f"The devices {given} are of processes, one each, and the engine is {self.name}.",
                "Add --engine process.",
            )
        if self.devices and self.jobs not in (1, len(found)):
            raise UsageError(
                f"{self.jobs} jobs have no {len(found)} devices, of which each process has one.",
                "Leave --jobs out, or name as many devices.",
            )
        numbers = [each.index or 0 for each in found if each.type == "cuda"]
        if len(set(numbers)) < len(numbers):
            raise UsageError(f"A CUDA device is one process's, and of {given} two are one.", "Name each once.")
        self.check(found[0])
        return found[0]

    def check(self, device: torch.device) -> None:
        """Raise UsageError for more jobs than there are cores, or CUDA devices where those are used, and for what does
        not go together; UnavailableError where Dask is not installed."""
        check_form(self.log)
        if self.name not in ENGINES:
            raise UsageError(f"There is no engine {self.name!r}.", f"Use {' or '.join(ENGINES)}.")
        if self.scheduler and self.name != "dask":
            raise UsageError(f"The engine {self.name} has no scheduler.", "Add --engine dask.")
        if self.jobs < 1:
            raise UsageError(f"--jobs must be at least 1, not {self.jobs}.", "For example --jobs 2.")
        if self.jobs > 1 and self.name == "inline":
            raise UsageError("Several jobs need processes of their own.", "Add --engine process.")
        if self.jobs > 1 and self.scheduler:
            raise UsageError(
                f"{self.jobs} jobs are processes of this machine, and the scheduler has workers of its own.",
                "Leave --jobs or --scheduler out.",
            )
        most, what = (torch.cuda.device_count(), "CUDA device(s)") if device.type == "cuda" else (cores(), "core(s)")
        if self.name != "inline" and not self.scheduler and self.processes > most:
            raise UsageError(f"{self.processes} jobs are more than the {most} {what} here.", f"--jobs {most} at most.")
        if self.name == "dask":
            connection.check(self.scheduler)

    def context(self, run: Run) -> Run:
        """Return the context of tasks of a run: so many threads each that all cores are at work, but no more than this
        process was allowed; on Dask one, for hosts differ and bits should not."""
        if self.name == "inline":
            return run
        many = 1 if self.name == "dask" else max(1, min(torch.get_num_threads(), cores() // self.processes))
        return quiet(replace(run, threads=run.threads or many))

    def of_processes(self, name: str) -> tuple[str, ...]:
        """Return the device of each process: processes share CUDA's devices out."""
        if self.devices:
            return self.devices
        device = devices.resolve(name)
        shared = device.type == "cuda" and self.jobs > 1
        return tuple(f"cuda:{index}" if shared else str(device) for index in range(self.jobs))


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def do_all(
    run: Run,
    tasks: Sequence[Task],
    engine: Engine,
    report: Callable[[int, Any, str], None],
    stopped: Callable[[], bool],
) -> dict[str, Outcome]:
    """Do tasks, and return all their outcomes by their keys.

    report: receives a task's index, its progress, and the host that it is done on, "" for this one. A task that another
    process does, on whatever host, is left to it and asked for again; it is taken over when that process gives no sign
    of life. A task that fails stops no other; the first failure is raised when all are through. Raises
    InterruptedRunError.
    """
    held = Held(run)
    if engine.name == "process":
        return processes.do_all(run, tasks, engine.of_processes(run.device), report, stopped, held.tell)
    if engine.name == "dask":
        return cluster.do_all(run, tasks, engine.scheduler, engine.jobs, report, stopped, held.tell)
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []
    missing = dict(enumerate(tasks))
    while missing:
        for index, task in list(missing.items()):
            try:
                here = partial(_here, report, index)
                outcomes |= task.do(run, held.checkpoints(task), here, stopped)
            except InterruptedRunError:
                raise
            except HeldElsewhereError as error:
                held.tell(task, error)
                continue
            except Exception as error:
                failures.append(error)
            del missing[index]
        if missing:
            _wait(run, stopped)
    if failures:
        raise failures[0]
    return outcomes


def _here(report: Callable[[int, Any, str], None], index: int, progress: Any) -> None:
    report(index, progress, "")


class Held:
    """The tasks that others do: told of once each, their leases watched for signs of life."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._checkpoints: dict[str, Checkpoints] = {}
        self._told: set[str] = set()

    def checkpoints(self, task: Task) -> Checkpoints:
        """Return the checkpoints of a task, the same at every call: its lease remembers when it saw a beat."""
        if task.key not in self._checkpoints:
            self._checkpoints[task.key] = self._run.artifacts.checkpoints(task.key)
        return self._checkpoints[task.key]

    def tell(self, task: Task, error: HeldElsewhereError) -> None:
        """Tell who does a task, once."""
        if task.key not in self._told:
            self._run.tell(f"{error.message} Its result is waited for.")
        self._told.add(task.key)


def _wait(run: Run, stopped: Callable[[], bool]) -> None:
    time.sleep(_ASK_SECONDS)
    if stopped():
        raise InterruptedRunError("Interrupted; the models that were finished are there.", f"To go on: {run.command}")
