"""The engines that train the stacks of a sweep: one after another in this process, or side by side in several."""

from __future__ import annotations

import multiprocessing
import os
import queue as queues
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import torch

from posectl import workers
from posectl.core import device as devices
from posectl.errors import InterruptedRunError, PosectlError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.run import Progress, Run
from posectl.stages.training.log import check_form
from posectl.stages.training.progress import ProgressTable
from posectl.stages.training.stack import Outcome, Stack, train_stack
from posectl.store import Checkpoints, Store
from posectl.store.leases import HeldElsewhereError

ENGINES = ("inline", "process")
_POLL_SECONDS = 0.2
_ASK_SECONDS = 1.0  # between two looks at stacks that others train


@dataclass(frozen=True)
class Engine:
    """The way a sweep is trained, which is no part of its identity.

    jobs: processes at once, one stack each. log: the form of the log of each training.
    """

    name: str = "inline"
    jobs: int = 1
    log: str = ""

    def check(self, device: torch.device) -> None:
        """Raise UsageError for more jobs than there are cores, or CUDA devices where those are used."""
        check_form(self.log)
        if self.name not in ENGINES:
            raise UsageError(f"There is no engine {self.name!r}.", f"Use {' or '.join(ENGINES)}.")
        if self.jobs < 1:
            raise UsageError(f"--jobs must be at least 1, not {self.jobs}.", "For example --jobs 2.")
        if self.jobs > 1 and self.name == "inline":
            raise UsageError("Several jobs need processes of their own.", "Add --engine process.")
        most, what = (torch.cuda.device_count(), "CUDA device(s)") if device.type == "cuda" else (cores(), "core(s)")
        if self.name == "process" and self.jobs > most:
            raise UsageError(f"{self.jobs} jobs are more than the {most} {what} here.", f"--jobs {most} at most.")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def train_all(
    run: Run,
    dataset: StoredDataset,
    stacks: Sequence[Stack],
    found: Collection[str],
    device: torch.device,
    engine: Engine,
    stopped: Callable[[], bool],
) -> dict[str, Outcome]:
    """Train every replica that is not in `found` (keys), and return the outcome of each by its key.

    A stack that another process trains, on whatever host, is left to it and asked for again; it is taken over when that
    process gives no sign of life. A stack that fails stops no other; the first failure is raised when all are through.
    Raises InterruptedRunError.
    """
    missing = {i: stack for i, stack in enumerate(stacks) if not stack.all_in(found)}
    if not missing:
        return {}
    table = ProgressTable(run, stacks, found)
    run.progress(table.progress())
    if engine.name == "process":
        return _in_processes(run, dataset, missing, found, device, engine, table, stopped)
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []
    held = _Held(run)
    while missing:
        for index, stack in list(missing.items()):
            try:
                outcomes |= train_stack(
                    run, dataset, stack, found, device, checkpoints=held.checkpoints(stack),
                    report=partial(table.report, index), stopped=stopped, log=engine.log,
                )  # fmt: skip
            except InterruptedRunError:
                raise
            except HeldElsewhereError as error:
                held.tell(stack, error)
                continue
            except Exception as error:
                failures.append(error)
            del missing[index]
        if missing:
            _wait(run, stopped)
    if failures:
        raise failures[0]
    return outcomes


class _Held:
    """The stacks that others train: told of once each, their leases watched for signs of life."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._checkpoints: dict[str, Checkpoints] = {}
        self._told: set[str] = set()

    def checkpoints(self, stack: Stack) -> Checkpoints:
        """Return the checkpoints of a stack, the same at every call: its lease remembers when it saw a beat."""
        if stack.key not in self._checkpoints:
            self._checkpoints[stack.key] = self._run.artifacts.checkpoints(stack.key)
        return self._checkpoints[stack.key]

    def tell(self, stack: Stack, error: HeldElsewhereError) -> None:
        """Tell who trains a stack, once."""
        if stack.key not in self._told:
            self._run.tell(f"{error.message} It is left to it.")
        self._told.add(stack.key)


def _wait(run: Run, stopped: Callable[[], bool]) -> None:
    time.sleep(_ASK_SECONDS)
    if stopped():
        raise InterruptedRunError("Interrupted; the models that were finished are there.", f"To go on: {run.command}")


class _Detail(str):
    """A sentence for verbose output."""


class _Warning(str):
    """A sentence that is told whatever is asked for."""


@dataclass(frozen=True)
class _Task:
    """A stack as a worker receives it."""

    index: int
    run: Run
    dataset: str
    stack: Stack
    found: frozenset[str]
    device: str
    log: str


def _in_processes(
    run: Run,
    dataset: StoredDataset,
    stacks: Mapping[int, Stack],
    found: Collection[str],
    device: torch.device,
    engine: Engine,
    table: ProgressTable,
    stopped: Callable[[], bool],
) -> dict[str, Outcome]:
    jobs = engine.jobs
    context = multiprocessing.get_context("spawn")
    messages, stop = context.Queue(), context.Event()
    # So many threads each that all cores are at work, but no more than this process was allowed.
    threads = run.threads or max(1, min(torch.get_num_threads(), cores() // jobs))
    theirs = replace(
        run, tell=_tell, detail=_detail, warn=_warn, progress=_no_progress, threads=threads, sources=dict(run.sources),
        store=run.artifacts.place,
    )  # fmt: skip
    outcomes: dict[str, Outcome] = {}
    failures: list[BaseException] = []
    held = _Held(run)
    tasks = [
        _Task(i, theirs, dataset.artifact.ref, stack, frozenset(found), _device_of(n, device, jobs), engine.log)
        for n, (i, stack) in enumerate(stacks.items())
    ]
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=workers.enter, initargs=(messages, stop)) as pool:
        pending: dict[Future[dict[str, Outcome]], _Task] = {pool.submit(_work, task): task for task in tasks}
        try:
            while pending:
                done, _ = wait(pending, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                _relay(messages, run, table)
                if stopped():
                    stop.set()
                for future in done:
                    task, error = pending.pop(future), future.exception()
                    if isinstance(error, HeldElsewhereError) and not stopped():
                        held.tell(task.stack, error)
                        pending[pool.submit(_work, task)] = task
                    elif error:
                        failures.append(error)
                    else:
                        outcomes |= future.result()
        except BaseException:
            stop.set()  # else leaving the pool would wait for the trainings to end
            raise
        _relay(messages, run, table)
    interruptions = [error for error in failures if isinstance(error, InterruptedRunError)]
    for error in interruptions or failures:
        if isinstance(error, BrokenProcessPool) and stopped():  # all of a terminal's processes are told that it closes
            raise InterruptedRunError(
                "Interrupted; the models that were finished are there.", f"To go on: {run.command}"
            ) from error
        if isinstance(error, BrokenProcessPool):
            raise PosectlError(
                "A training process died, perhaps for want of memory; finished models are there.",
                f"Fewer --jobs need less; to go on: {run.command}",
            ) from error
        raise error
    return outcomes


def _device_of(index: int, device: torch.device, jobs: int) -> str:
    return f"cuda:{index % torch.cuda.device_count()}" if device.type == "cuda" and jobs > 1 else str(device)


def _relay(messages: Any, run: Run, table: ProgressTable) -> None:
    """Pass on the messages of the workers."""
    while True:
        try:
            message = messages.get_nowait()
        except queues.Empty:
            return
        if isinstance(message, _Detail):
            run.detail(message)
        elif isinstance(message, _Warning):
            run.warn(message)
        elif isinstance(message, str):
            run.tell(message)
        else:
            table.report(*message)


def _work(task: _Task) -> dict[str, Outcome]:
    messages, stop = workers.shared
    checkpoints = _watched(str(task.run.store), task.stack.key)
    if checkpoints.lease.is_watched:
        time.sleep(_ASK_SECONDS)
    devices.use_threads(task.run.threads)
    dataset = StoredDataset(task.run.artifacts.get(task.dataset))
    return train_stack(
        task.run, dataset, task.stack, task.found, torch.device(task.device), checkpoints=checkpoints,
        report=lambda progress: messages.put((task.index, progress)),
        stopped=lambda: workers.leaving.is_set() or stop.is_set(), log=task.log,
    )  # fmt: skip


@cache
def _watched(store: str, key: str) -> Checkpoints:
    """Return checkpoints whose lease remembers, in this worker, when it saw a beat."""
    return Store(store).checkpoints(key)


def _tell(message: str) -> None:
    workers.shared[0].put(message)


def _detail(message: str) -> None:
    workers.shared[0].put(_Detail(message))


def _warn(message: str) -> None:
    workers.shared[0].put(_Warning(message))


def _no_progress(progress: Progress) -> None:
    """Ignore the progress of a worker, which is reported by stack."""
